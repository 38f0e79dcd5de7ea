//! One rule tried on events of one size: strangers and rightful people come, and the service decides.

use std::error::Error;
use std::sync::Arc;

use embedding::ModelId;
use embedding_store::{EmbeddingStore, FaceSample, InMemory};
use events::{
    Calibration, Decision, EventName, EventService, MatchLimit, MatchPolicy, ServedModel, ServiceOptions,
    Username, Verdict,
};
use time::OffsetDateTime;

use crate::population::{Person, Population};

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    /// People enrolled in an event.
    pub(crate) users: usize,
    /// Pictures that each is enrolled with.
    pub(crate) pictures: usize,
    /// Events, each of other people.
    pub(crate) events: u64,
    /// Strangers who come to each event, and as many of those enrolled.
    pub(crate) visitors: usize,
    /// How it is decided.
    pub(crate) policy: MatchPolicy,
}

/// What became of people who came.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    /// Named as who they are.
    pub(crate) right: u64,
    /// Named as somebody else.
    pub(crate) wrong: u64,
    /// Two were too nearly alike.
    pub(crate) ambiguous: u64,
    /// Not near enough to anybody.
    pub(crate) refused: u64,
}

impl Tally {
    fn add(&mut self, verdict: &Verdict, who: Option<&Username>) {
        let count = match verdict.decision {
            Decision::Match if verdict.matched() == who => &mut self.right,
            Decision::Match => &mut self.wrong,
            Decision::Ambiguous => &mut self.ambiguous,
            Decision::NoMatch => &mut self.refused,
        };
        *count += 1;
    }

    /// How many came.
    #[must_use]
    pub(crate) fn all(&self) -> u64 {
        self.right + self.wrong + self.ambiguous + self.refused
    }
}

/// What came of a trial.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What the rule came to.
    pub(crate) limit: MatchLimit,
    /// Those who are not enrolled.
    pub(crate) strangers: Tally,
    /// Those who are.
    pub(crate) rightful: Tally,
}

impl Trial {
    /// Tries it; the same each time.
    ///
    /// # Errors
    /// What the service says.
    pub(crate) async fn run(&self, calibration: &Arc<Calibration>) -> Result<Outcome, Box<dyn Error>> {
        let (mut strangers, mut rightful) = (Tally::default(), Tally::default());
        let mut limit = None;
        let event = EventName::new("event")?;
        for seed in 0..self.events {
            let mut population = Population::new(seed, model()?);
            let (service, people) = self.event(&event, &mut population, calibration).await?;
            for _ in 0..self.visitors {
                let stranger = population.person();
                let probe = population.picture(&stranger)?;
                let verdict = service.identify(&event, &probe).await?;
                strangers.add(&verdict, None);
                limit = Some(verdict.limit);
                let index = population.index(people.len());
                let (name, person) = people.get(index).ok_or("nobody is enrolled")?;
                let probe = population.picture(person)?;
                rightful.add(&service.identify(&event, &probe).await?, Some(name));
            }
        }
        Ok(Outcome { limit: limit.ok_or("no event was tried")?, strangers, rightful })
    }

    /// An event with its people.
    async fn event(
        &self,
        event: &EventName,
        population: &mut Population,
        calibration: &Arc<Calibration>,
    ) -> Result<(EventService, Vec<(Username, Person)>), Box<dyn Error>> {
        let store = InMemory::new();
        let mut people = Vec::with_capacity(self.users);
        for number in 0..self.users {
            let (name, person) = (Username::new(&format!("user {number:05}"))?, population.person());
            for _ in 0..self.pictures {
                let picture = population.picture(&person)?;
                let now = OffsetDateTime::UNIX_EPOCH;
                let sample = FaceSample::new(event.clone(), name.clone(), picture, 0.9, "simulation", now)?;
                store.append_sample(sample).await?;
            }
            people.push((name, person));
        }
        let policy = MatchPolicy { scale: calibration.setting().scale, ..self.policy };
        let served = ServedModel::new(model()?, policy).with_calibration(Arc::clone(calibration));
        let service = EventService::open_with(Arc::new(store), served, ServiceOptions::default()).await?;
        Ok((service, people))
    }
}

/// The measured rates that the population is made after.
///
/// # Errors
/// When the text is no calibration.
pub(crate) fn calibration() -> Result<Arc<Calibration>, Box<dyn Error>> {
    let text = include_str!("../../../../models/calibration/sface-2021dec.toml");
    Ok(Arc::new(Calibration::parse(text)?))
}

fn model() -> Result<ModelId, Box<dyn Error>> {
    Ok(calibration()?.setting().model.clone())
}
