//! What the window may ask for. Each command parses its form, calls the desk, and names the answer.

use super::present;
use super::session::Session;
use super::views::{
    ArrivalView, CheckInChanged, CheckInForm, DecidedView, DecisionForm, DeskView, FailureView, OpenForm, PageCodeView,
    PaperForm, PatientView, SearchForm, SearchView, VerdictView,
};
use crate::failure::Failure;
use crate::page_codes::PAGE_CODES;
use tauri::ipc::Channel;
use tauri::{AppHandle, State};
use tauri_plugin_clipboard_manager::ClipboardExt;

/// What FranceConnect's own link under its button opens.
const INFORMATION: &str = "https://franceconnect.gouv.fr/";

type Answer<T> = Result<T, FailureView>;

#[tauri::command]
#[specta::specta]
pub(crate) async fn open_desk(session: State<'_, Session>, form: OpenForm) -> Answer<DeskView> {
    Ok(session.open(form.session_only).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn arrivals(session: State<'_, Session>) -> Answer<Vec<ArrivalView>> {
    Ok(session.with_desk(super::session::arrivals).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn patient(session: State<'_, Session>, record: String) -> Answer<PatientView> {
    Ok(session.with_desk(move |desk| super::session::patient(desk, &record)).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn search(session: State<'_, Session>, form: SearchForm) -> Answer<SearchView> {
    Ok(session.with_desk(move |desk| super::session::search(desk, form)).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn start_check_in(
    session: State<'_, Session>,
    form: CheckInForm,
    changed: Channel<CheckInChanged>,
) -> Answer<VerdictView> {
    Ok(session.start_check_in(form, changed).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn cancel_check_in(session: State<'_, Session>) -> Answer<()> {
    session.cancel();
    Ok(())
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn copy_sign_in_address(app: AppHandle, session: State<'_, Session>) -> Answer<()> {
    let address = session.address_to_copy().await?;
    Ok(app.clipboard().write_text(address.as_str()).map_err(|_| Failure::NO_ADDRESS)?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn reopen_browser(session: State<'_, Session>) -> Answer<()> {
    Ok(session.reopen_browser().await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn play_phone(session: State<'_, Session>) -> Answer<()> {
    Ok(session.play_phone().await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn open_franceconnect_information() -> Answer<()> {
    let opened = tokio::task::spawn_blocking(|| tauri_plugin_opener::open_url(INFORMATION, None::<&str>)).await;
    matches!(opened, Ok(Ok(())))
        .then_some(())
        .ok_or_else(|| Failure::from(comptoir_desk::BrowserError::NotStarted).into())
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn page_codes() -> Answer<Vec<PageCodeView>> {
    Ok(PAGE_CODES.iter().map(present::page_code).collect())
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn decide(session: State<'_, Session>, form: DecisionForm) -> Answer<DecidedView> {
    Ok(session.decide(form).await?)
}

#[tauri::command]
#[specta::specta]
pub(crate) async fn go_paper(session: State<'_, Session>, form: PaperForm) -> Answer<Vec<ArrivalView>> {
    Ok(session.with_desk(move |desk| super::session::go_paper(desk, form)).await?)
}
