//! The simulator as a client and a browser meet it, over HTTP.

#[cfg(test)]
mod administration;
#[cfg(test)]
mod authorize;
#[cfg(test)]
mod back_channel;
#[cfg(test)]
mod bench;
#[cfg(test)]
mod clients;
#[cfg(test)]
mod documentation;
#[cfg(test)]
mod envelopes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod high;
#[cfg(test)]
mod line;
#[cfg(test)]
mod logout;
#[cfg(test)]
mod pages;
#[cfg(test)]
mod quirks;
#[cfg(test)]
mod seed;
#[cfg(test)]
mod sign_in;
