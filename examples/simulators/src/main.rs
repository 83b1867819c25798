//! Runs both simulators until Ctrl-C: `simulators [LENS-DESIGN-ADDRESS [SHIPPING-ADDRESS]]`.

use std::io;

use statewright_simulators::{Behaviour, LensDesign, Shipping};

/// A free port on loopback.
const ADDRESS_DEFAULT: &str = "127.0.0.1:0";

#[tokio::main]
async fn main() -> io::Result<()> {
    let mut addresses = std::env::args().skip(1);
    let mut address = || addresses.next().unwrap_or_else(|| ADDRESS_DEFAULT.to_owned());
    let lens_design = LensDesign::start(address(), Behaviour::default()).await?;
    let shipping = Shipping::start(address(), Behaviour::default()).await?;
    println!("lens design  {}/calculate", lens_design.url);
    println!("shipping     {}/shipments", shipping.url);
    println!("GET /_log says what was done; PUT /_behaviour makes one misbehave. Ctrl-C stops both.");
    tokio::signal::ctrl_c().await?;
    lens_design.stop().await;
    shipping.stop().await;
    Ok(())
}
