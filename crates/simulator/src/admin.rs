//! `/simulator/faults`: what misbehaves, for people and for programs.

use axum::response::Response;
use serde_json::{Value, json};

use crate::books::Books;
use crate::request::Call;
use crate::world::World;
use crate::{Fault, answer, pages};

/// Shows what misbehaves, as a page or as JSON.
pub(crate) fn faults(books: &Books, call: &Call) -> Response {
    if !call.wants_json {
        return answer::page(200, pages::faults(books.fault, books.clock_error_s));
    }
    let known: Vec<Value> =
        Fault::ALL.iter().map(|fault| json!({ "name": fault.name(), "french": fault.french() })).collect();
    let current = books.fault.map(Fault::name);
    answer::json(200, &json!({ "fault": current, "seconds": books.clock_error_s, "known": known }))
}

/// Sets what misbehaves: `fault`, empty or `null` to behave, and `seconds` for a wrong clock.
pub(crate) fn set_fault(books: &mut Books, call: &Call) -> Response {
    let body = call.json.as_ref();
    let member = |name: &str| body.and_then(|body| body.get(name));
    let named = member("fault").and_then(Value::as_str).or(call.form.get("fault")).unwrap_or_default();
    let fault = Fault::by_name(named);
    if fault.is_none() && !named.is_empty() {
        return answer::json(400, &json!({ "error": "unknown_fault" }));
    }
    let typed = || call.form.get("seconds").and_then(|seconds| seconds.parse().ok());
    if let Some(seconds) = member("seconds").and_then(Value::as_i64).or_else(typed) {
        books.clock_error_s = seconds;
    }
    books.fault = fault;
    if call.wants_json { faults(books, call) } else { answer::redirect("/simulator/faults") }
}

/// Replaces the signing keys.
pub(crate) fn rotate_keys(world: &World) -> Response {
    match world.keys().rotate(&world.chance) {
        Ok(()) => answer::redirect("/simulator/faults"),
        Err(_) => answer::json(500, &json!({ "error": "no_key" })),
    }
}
