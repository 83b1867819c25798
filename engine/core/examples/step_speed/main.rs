//! How many events a second the pure stepper takes on one core: `cargo run --release -p statewright-core --example step_speed`.

mod stepping;

fn main() {
    match stepping::measure() {
        Ok(lines) => lines.iter().for_each(|line| println!("{line}")),
        Err(error) => {
            eprintln!("error: {error}");
            std::process::exit(1);
        }
    }
}
