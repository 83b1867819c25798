//! A whole order from end to end: from a DCS file over the HTTP API, through real counterparts over real sockets, to its shipment.

mod lens_order;
mod staff;
