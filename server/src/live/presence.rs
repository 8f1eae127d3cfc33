//! Presence: the users connected to this node, with the page and record each has open.

use super::SocketId;
use domain::{UserId, live::Person};
use std::collections::HashMap;

/// Maximum people in the list, which is sent to every socket.
const PEOPLE: usize = 100;

#[derive(Default)]
pub(super) struct Presence {
    /// Page and record of each socket, with a counter that grows with every move.
    places: HashMap<SocketId, (u64, Person)>,
    moves: u64,
    sent: Vec<Person>,
}

impl Presence {
    pub(super) fn set(&mut self, socket: SocketId, person: Person) {
        self.moves += 1;
        self.places.insert(socket, (self.moves, person));
    }

    pub(super) fn remove(&mut self, socket: SocketId) {
        self.places.remove(&socket);
    }

    /// The list as last sent.
    pub(super) fn sent(&self) -> &[Person] {
        &self.sent
    }

    /// The new list, if it changed since it was last sent.
    pub(super) fn news(&mut self) -> Option<&[Person]> {
        let people = self.people();
        if people == self.sent {
            return None;
        }
        self.sent = people;
        Some(&self.sent)
    }

    /// Each person once, at their last move, sorted by name. A hidden tab counts only when all tabs are hidden.
    fn people(&self) -> Vec<Person> {
        let mut newest: HashMap<UserId, (bool, u64, &Person)> = HashMap::new();
        for (at, person) in self.places.values() {
            let here = (person.page.is_some(), *at, person);
            let known = newest.entry(person.id).or_insert(here);
            if (here.0, here.1) > (known.0, known.1) {
                *known = here;
            }
        }
        let mut people: Vec<Person> = newest.into_values().map(|(_, _, person)| person.clone()).collect();
        people.sort_by(|one, other| (&one.name, one.id).cmp(&(&other.name, other.id)));
        people.truncate(PEOPLE);
        people
    }
}
