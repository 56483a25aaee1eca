//! `/simulator/faults`: what misbehaves, for people and for programs.

use axum::response::Response;
use serde_json::{Map, Value, json};

use crate::books::Books;
use crate::request::Call;
use crate::world::World;
use crate::{Fault, PersonFaultError, answer, pages};

/// Shows what misbehaves, as a page or as JSON.
pub(crate) fn faults(books: &Books, call: &Call) -> Response {
    if !call.wants_json {
        return answer::page(200, pages::faults(&books.faults, books.clock_error_s));
    }
    let known: Vec<Value> =
        Fault::ALL.iter().map(|fault| json!({ "name": fault.name(), "french": fault.french() })).collect();
    let current = books.faults.everybodys().map(Fault::name);
    let persons: Map<String, Value> =
        books.faults.persons().map(|(login, fault)| (login.to_owned(), fault.name().into())).collect();
    answer::json(200, &json!({ "fault": current, "persons": persons, "seconds": books.clock_error_s, "known": known }))
}

/// Sets what misbehaves: `fault`, empty or `null` to behave, `person` for one person's own, and `seconds`
/// for a wrong clock.
pub(crate) fn set_fault(books: &mut Books, call: &Call) -> Response {
    let body = call.json.as_ref();
    let member = |name: &str| body.and_then(|body| body.get(name));
    let text = |name: &str| member(name).and_then(Value::as_str).or(call.form.get(name)).unwrap_or_default();
    let (named, person) = (text("fault"), text("person"));
    let fault = Fault::by_name(named);
    if fault.is_none() && !named.is_empty() {
        return answer::json(400, &json!({ "error": "unknown_fault" }));
    }
    if person.is_empty() {
        books.faults.set(fault);
    } else if let Err(error) = books.faults.set_of(person, fault) {
        let code = match error {
            PersonFaultError::UnknownPerson => "unknown_person",
            PersonFaultError::Nobodys => "fault_of_nobody",
        };
        return answer::json(400, &json!({ "error": code }));
    }
    let typed = || call.form.get("seconds").and_then(|seconds| seconds.parse().ok());
    if let Some(seconds) = member("seconds").and_then(Value::as_i64).or_else(typed) {
        books.clock_error_s = seconds;
    }
    if call.wants_json { faults(books, call) } else { answer::redirect("/simulator/faults") }
}

/// Replaces the signing keys.
pub(crate) fn rotate_keys(world: &World) -> Response {
    match world.keys().rotate(&world.chance) {
        Ok(()) => answer::redirect("/simulator/faults"),
        Err(_) => answer::json(500, &json!({ "error": "no_key" })),
    }
}
