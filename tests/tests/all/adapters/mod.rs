//! A whole order from end to end: from a DCS file over the HTTP API, through real counterparts over real sockets, to its shipment. And a mail.

mod lens_order;
mod mail;
mod staff;
