//! The simulator as a client and a browser meet it, over HTTP.

#[cfg(test)]
mod authorize;
#[cfg(test)]
mod back_channel;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod sign_in;
