//! The state of the window: the open desk, the check-in under way, the last verdict.

use super::present;
use super::views::{
    Action, ArrivalView, CheckInChanged, CheckInForm, DecidedView, DecisionForm, DeskView, EnvironmentView, NoticeView,
    PaperForm, PatientView, PictureView, PurposeView, SearchForm, SearchView, VerdictView, WayForm,
};
use crate::browser::Opening;
use crate::configuration::{self, BrowserChoice, Configuration};
use crate::demonstration::Demonstration;
use crate::failure::Failure;
use crate::folders::Environment;
use crate::keychain::SystemKeychain;
use crate::opening::{self, Opened};
use crate::qr::Picture;
use comptoir_desk::{
    CheckInRequest, Decision, Desk, Keychain, Notice, Opened as Place, Purpose, Step, Verdict, Way, check_in,
    decide as record_decision, find_relay, paper_path,
};
use comptoir_franceconnect::HttpClient;
use comptoir_identity::{BirthDate, UnknownParts};
use comptoir_register::{Act, ActKind, ArrivalId, RecordId, Search};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tauri::async_runtime::JoinHandle;
use tauri::ipc::Channel;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use url::Url;

/// Results on screen before the receptionist is asked for a longer stem.
const SHOWN: u16 = 50;

/// The window's state.
#[derive(Default)]
pub(crate) struct Session {
    desk: Mutex<Option<OpenDesk>>,
    underway: Mutex<Underway>,
    /// Held from ending one check-in to starting the next: two starts never run beside each other.
    starting: tokio::sync::Mutex<()>,
    verdicts: Arc<Mutex<Verdicts>>,
    address: Arc<Mutex<Option<(Url, Purpose)>>>,
    /// Where the patient's phone goes, while it is waited for.
    phone: Arc<Mutex<Option<Url>>>,
}

#[derive(Clone)]
struct OpenDesk {
    desk: Desk,
    relay: Url,
    environment: Environment,
    /// Keeps the demonstration running.
    _demonstration: Option<Arc<Demonstration>>,
}

#[derive(Default)]
struct Underway {
    cancel: CancellationToken,
    task: Option<JoinHandle<()>>,
}

/// The last verdict; an older one can no longer be decided on.
#[derive(Default)]
struct Verdicts {
    number: u32,
    last: Option<(Verdict, Option<ArrivalId>)>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Session {
    /// Opens the desk by its configuration; nothing that exists is replaced.
    pub(super) async fn open(&self, session_only: bool) -> Result<DeskView, Failure> {
        let http = HttpClient::new().map_err(|error| Failure::of(&error))?;
        let (demonstration, relay, environment, opening, credentials) = match configuration::read()? {
            Configuration::Demonstration => {
                let demonstration = Demonstration::start().await?;
                let (relay, credentials) = (demonstration.relay_issuer().clone(), demonstration.credentials());
                (Some(Arc::new(demonstration)), relay, Environment::Demonstration, Opening::ThrowAway, credentials)
            }
            Configuration::Relay(relay, browser) => {
                let opening = match browser {
                    BrowserChoice::ThrowAway => Opening::ThrowAway,
                    BrowserChoice::Shared => Opening::Shared,
                };
                let credentials: Arc<dyn Keychain> = Arc::new(SystemKeychain::new(Environment::CREDENTIALS));
                (None, relay, Environment::Production, opening, credentials)
            }
        };
        let opened = blocking(move || opening::open(environment, session_only, http, opening, credentials)).await?;
        let Opened { desk, environment, session_only } = opened;
        let view = DeskView {
            environment: match environment {
                Environment::Demonstration => EnvironmentView::Demonstration,
                Environment::Production => EnvironmentView::Production,
            },
            session_only,
            today: present::day(desk.clock.now()),
            author: desk.author.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            records: u32::try_from(desk.register.count()?).unwrap_or(u32::MAX),
        };
        *locked(&self.desk) = Some(OpenDesk { desk, relay, environment, _demonstration: demonstration });
        Ok(view)
    }

    fn opened(&self) -> Result<OpenDesk, Failure> {
        locked(&self.desk).clone().ok_or(Failure::NOT_OPEN)
    }

    /// Runs one act on the desk, away from the async workers: the register is on disk.
    pub(super) async fn with_desk<T: Send + 'static>(
        &self,
        act: impl FnOnce(&Desk) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let desk = self.opened()?.desk;
        blocking(move || act(&desk)).await
    }

    /// Starts a check-in, ending the one under way first; returns when its verdict is known.
    pub(super) async fn start_check_in(
        &self,
        form: CheckInForm,
        changed: Channel<CheckInChanged>,
    ) -> Result<VerdictView, Failure> {
        let OpenDesk { desk, relay, environment, .. } = self.opened()?;
        let cancel = self.take_over();
        let starting = self.starting.lock().await;
        let previous = locked(&self.underway).task.take();
        if let Some(previous) = previous {
            // A sign-in is abandoned at once; a logout is waited for.
            drop(previous.await);
        }
        let opened = match form.record {
            Some(record) => Some(self.with_desk(move |desk| find(desk, &record)).await?),
            None => None,
        };
        let way = match form.way {
            WayForm::Computer => Way::ThisComputer,
            WayForm::Phone => Way::Phone,
        };
        let request = CheckInRequest { opened, browser_closed: form.browser_closed, way };
        let (answer, answered) = oneshot::channel();
        let told = Told {
            changed,
            answer: Mutex::new(Some(answer)),
            verdicts: Arc::clone(&self.verdicts),
            address: Arc::clone(&self.address),
            phone: Arc::clone(&self.phone),
            arrival: form.arrival,
            today: today(&desk),
        };
        let task = tauri::async_runtime::spawn(async move {
            let result = run(&desk, &relay, environment, request, &told, &cancel).await;
            *locked(&told.address) = None;
            *locked(&told.phone) = None;
            if let Err(failure) = result {
                told.answer(Err(failure));
            }
        });
        locked(&self.underway).task = Some(task);
        drop(starting);
        answered.await.unwrap_or(Err(Failure::REPLACED))
    }

    /// Cancels what is under way, or about to be, and makes the token of the next one.
    fn take_over(&self) -> CancellationToken {
        let mut underway = locked(&self.underway);
        underway.cancel.cancel();
        underway.cancel = CancellationToken::new();
        underway.cancel.clone()
    }

    /// Abandons the sign-in under way; its start then answers `abandoned`.
    pub(super) fn cancel(&self) {
        locked(&self.underway).cancel.cancel();
    }

    /// The address of the sign-in under way, to be opened by a person: in which browser, nobody knows.
    pub(super) async fn address_to_copy(&self) -> Result<Url, Failure> {
        let (address, _) = self.address().ok_or(Failure::NO_ADDRESS)?;
        self.with_desk(|desk| Ok(desk.browser.remember_session()?)).await?;
        Ok(address)
    }

    fn address(&self) -> Option<(Url, Purpose)> {
        locked(&self.address).clone()
    }

    pub(super) async fn reopen_browser(&self) -> Result<(), Failure> {
        let (address, purpose) = self.address().ok_or(Failure::NO_ADDRESS)?;
        self.with_desk(move |desk| {
            let remembered = desk.browser.is_remembered();
            desk.browser.remember_session()?;
            if desk.browser.open(&address, purpose)? == Place::ThrowAway && !remembered {
                desk.browser.forget_session()?;
            }
            Ok(())
        })
        .await
    }

    /// Plays the patient's phone in a browser of this computer: in demonstration only, where nobody else's phone gets here.
    pub(super) async fn play_phone(&self) -> Result<(), Failure> {
        let address = locked(&self.phone).clone().ok_or(Failure::NO_ADDRESS)?;
        if self.opened()?.environment != Environment::Demonstration {
            return Err(Failure::NO_ADDRESS);
        }
        self.with_desk(move |desk| Ok(desk.browser.open(&address, Purpose::SignIn).map(drop)?)).await
    }

    /// Puts the patient's browser away when the window closes.
    pub(super) fn close(&self) {
        self.cancel();
        if let Some(open) = locked(&self.desk).take()
            && let Err(error) = open.desk.browser.destroy_profiles()
        {
            tracing::warn!(%error, "the patient's browser could not be put away");
        }
    }

    /// Records the receptionist's decision on the verdict on screen.
    pub(super) async fn decide(&self, form: DecisionForm) -> Result<DecidedView, Failure> {
        // Taken, so that it is decided on once; put back when the decision could not be written.
        let (verdict, arrival) = {
            let mut verdicts = locked(&self.verdicts);
            let current = if verdicts.number == form.verdict { verdicts.last.take() } else { None };
            current.ok_or(Failure::NO_VERDICT)?
        };
        let again = (verdict.clone(), arrival);
        let decided = self
            .with_desk(move |desk| {
                let decision = match form.decision {
                    Action::Confirm => Decision::Confirm(find(desk, &form.record.ok_or(Failure::NO_RECORD)?)?),
                    Action::Create => Decision::Create,
                    Action::Paper => Decision::Paper,
                };
                let record = record_decision(desk, &verdict, decision, arrival)?;
                let record = match record {
                    Some(id) => desk.register.patient(id)?.map(|patient| patient.record),
                    None => None,
                };
                Ok(DecidedView { arrivals: arrivals(desk)?, record })
            })
            .await;
        if decided.is_err() {
            let mut verdicts = locked(&self.verdicts);
            if verdicts.number == form.verdict {
                verdicts.last = Some(again);
            }
        }
        decided
    }
}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> Result<T, Failure> + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(act).await.unwrap_or(Err(Failure::new("interrupted", "DK-09", true)))
}

async fn run(
    desk: &Desk,
    relay: &Url,
    environment: Environment,
    request: CheckInRequest,
    told: &Told,
    cancel: &CancellationToken,
) -> Result<(), Failure> {
    let provider = find_relay(&desk.http, &desk.credentials, relay).await?;
    if Environment::behind(&provider) != environment {
        return Err(Failure::OTHER_ENVIRONMENT);
    }
    check_in(desk, &provider, request, &|step| told.tell(step), cancel).await?;
    Ok(())
}

/// Who is told what happens while a check-in runs.
struct Told {
    changed: Channel<CheckInChanged>,
    answer: Mutex<Option<oneshot::Sender<Result<VerdictView, Failure>>>>,
    verdicts: Arc<Mutex<Verdicts>>,
    address: Arc<Mutex<Option<(Url, Purpose)>>>,
    phone: Arc<Mutex<Option<Url>>>,
    arrival: Option<u32>,
    today: Option<BirthDate>,
}

impl Told {
    fn tell(&self, step: Step) {
        let changed = match step {
            Step::OpenBrowser { address, purpose, opened } => {
                let url = address.to_string();
                *locked(&self.address) = Some((address, purpose));
                let purpose = match purpose {
                    Purpose::SignIn => PurposeView::SignIn,
                    Purpose::SignOut => PurposeView::SignOut,
                };
                CheckInChanged::OpenBrowser {
                    url,
                    purpose,
                    opened: matches!(opened, Some(Place::ThrowAway | Place::Shared)),
                }
            }
            Step::ShowCode { verification_uri, verification_uri_complete, user_code, .. } => {
                let picture = Picture::of(&verification_uri_complete).map(|picture| PictureView {
                    width: u32::try_from(picture.width()).unwrap_or(u32::MAX),
                    path: picture.path(),
                });
                *locked(&self.phone) = Some(verification_uri_complete);
                CheckInChanged::ShowCode { user_code, address: verification_uri.to_string(), picture }
            }
            Step::Waiting { deadline } => {
                CheckInChanged::Waiting { deadline_seconds: u32::try_from(deadline.as_secs()).unwrap_or(u32::MAX) }
            }
            Step::Noticed(notice) => CheckInChanged::Noticed {
                notice: match notice {
                    Notice::HttpsWanted => NoticeView::HttpsWanted,
                    Notice::Slept => NoticeView::Slept,
                },
            },
            Step::Identity { acr, .. } => {
                *locked(&self.address) = None;
                *locked(&self.phone) = None;
                CheckInChanged::Identity { acr: acr.as_str().to_owned() }
            }
            Step::Verdict(verdict) => {
                self.answer(Ok(self.number(*verdict)));
                CheckInChanged::Compared
            }
            Step::SignedOut { remains, .. } => CheckInChanged::SignedOut { confirmed: !remains },
        };
        // A window that is closing no longer listens; what it leaves owed is paid at the next start.
        drop(self.changed.send(changed));
    }

    fn number(&self, verdict: Verdict) -> VerdictView {
        let mut verdicts = locked(&self.verdicts);
        verdicts.number = verdicts.number.wrapping_add(1);
        let view = present::verdict(&verdict, verdicts.number, self.arrival, self.today);
        verdicts.last = Some((verdict, self.arrival.map(|arrival| ArrivalId::from_number(arrival.into()))));
        view
    }

    fn answer(&self, result: Result<VerdictView, Failure>) {
        if let Some(answer) = locked(&self.answer).take() {
            drop(answer.send(result));
        }
    }
}

fn today(desk: &Desk) -> Option<BirthDate> {
    BirthDate::parse_iso(&present::day(desk.clock.now())).ok()
}

fn find(desk: &Desk, record: &str) -> Result<RecordId, Failure> {
    desk.register.find_record(record)?.ok_or(Failure::NO_RECORD)
}

pub(super) fn arrivals(desk: &Desk) -> Result<Vec<ArrivalView>, Failure> {
    let day = present::day(desk.clock.now());
    Ok(desk.register.arrivals(&day)?.iter().map(present::arrival).collect())
}

pub(super) fn patient(desk: &Desk, record: &str) -> Result<PatientView, Failure> {
    let id = find(desk, record)?;
    let patient = desk.register.patient(id)?.ok_or(Failure::NO_RECORD)?;
    desk.register.journal(&Act::new(desk.clock.now(), &desk.author, ActKind::RecordViewed).about(Some(id), &[]))?;
    Ok(present::patient(&patient, today(desk)))
}

pub(super) fn search(desk: &Desk, form: SearchForm) -> Result<SearchView, Failure> {
    let birth_date =
        BirthDate::parse_french(&form.birth_date, UnknownParts::Announced).map_err(|_| Failure::BIRTH_DATE)?;
    let stem = |text: String| Some(text).filter(|text| !text.trim().is_empty());
    let search = Search { birth_date, name_stem: stem(form.name), given_name_stem: stem(form.given_name) };
    let found = desk.register.search(&search, SHOWN)?;
    desk.register.journal(&Act::new(desk.clock.now(), &desk.author, ActKind::SearchMade))?;
    let today = today(desk);
    Ok(SearchView {
        patients: found.patients.iter().map(|patient| present::patient(patient, today)).collect(),
        more: found.more,
    })
}

pub(super) fn go_paper(desk: &Desk, form: PaperForm) -> Result<Vec<ArrivalView>, Failure> {
    let record = match form.record {
        Some(record) => Some(find(desk, &record)?),
        None => None,
    };
    paper_path(desk, record, form.arrival.map(|arrival| ArrivalId::from_number(arrival.into())))?;
    arrivals(desk)
}
