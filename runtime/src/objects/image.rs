//! The table of a server's client as another process takes it over.

use super::paged::Paged;
use super::{Entry, FLAT, MAX_INDEX, Objects, Side, State};
use crate::handle::ObjectKey;
use crate::wire::SERVER_IDS;

/// An id that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) id: u32,
    pub(crate) state: State,
    pub(crate) interface: u16,
    pub(crate) version: u32,
}

/// All of a table, in the order of ids.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Image {
    /// Length of the flat part.
    pub(crate) flat: u32,
    /// The lowest index of each range's pages that was never used.
    pub(crate) reached: [u32; 2],
    pub(crate) taken: Vec<Taken>,
    /// Ids of tombstones, the oldest first.
    pub(crate) tombstones: Vec<u32>,
}

impl Image {
    /// Whether each id is there once, and each zombie of the servers' range is a tombstone.
    fn is_in_order(&self) -> bool {
        let zombies = self.taken.iter().filter(|taken| taken.id >= SERVER_IDS && taken.state == State::Zombie);
        let mut tombstones = self.tombstones.clone();
        tombstones.sort_unstable();
        self.taken.is_sorted_by(|one, next| one.id < next.id) && zombies.map(|taken| taken.id).eq(tombstones)
    }
}

impl Taken {
    fn of(id: u32, entry: &Entry) -> Option<Taken> {
        let state = entry.state();
        let (interface, version) = (entry.known_interface(), entry.version);
        (state != State::Vacant).then_some(Taken { id, state, interface, version })
    }
}

impl Objects {
    pub(crate) fn image(&self) -> Image {
        let mut image = Image { flat: self.flat.len() as u32, ..Image::default() };
        image.taken.extend((0..).zip(&self.flat).filter_map(|(id, entry)| Taken::of(id, entry)));
        if let Some(paged) = &self.paged {
            image.reached = paged.reached();
            image.taken.extend(paged.entries().filter_map(|(id, entry)| Taken::of(id, entry)));
            image.tombstones = paged.tombstones();
        }
        image
    }

    /// The table of an image, of a server. `attach` makes the data of a live object, whose interface and generation it is
    /// told, and returns its index. `None` if there can be no such table.
    pub(crate) fn of_image(image: &Image, limit: u32, mut attach: impl FnMut(u16, u32) -> u32) -> Option<Objects> {
        if image.flat > FLAT || image.reached.iter().any(|&reached| reached > MAX_INDEX) || !image.is_in_order() {
            return None;
        }
        let mut objects = Objects::new(Side::Server, limit);
        objects.flat = vec![Entry::VACANT; image.flat.max(1) as usize];
        if image.reached != [0; 2] {
            objects.paged = Some(Box::new(Paged::reaching(image.reached)));
        }
        for taken in &image.taken {
            objects.generation = objects.generation.checked_add(1)?;
            let (interface, generation) = (taken.interface, objects.generation);
            if taken.id == 0 || interface == 0 {
                return None;
            }
            let place = match objects.flat.get_mut(taken.id as usize) {
                Some(entry) => entry,
                None => objects.paged.as_mut()?.place(taken.id)?,
            };
            *place = match taken.state {
                // Nobody deletes ids of clients but the server itself.
                State::Vacant | State::Deleted => return None,
                State::Zombie => Entry::zombie(interface, taken.version),
                State::Live => Entry::live(interface, taken.version, ObjectKey::new(generation, 0)),
            };
        }
        for &id in &image.tombstones {
            objects.paged.as_mut()?.add_tombstone(id);
        }
        // Now that nothing is refused any more.
        for taken in image.taken.iter().filter(|taken| taken.state == State::Live) {
            let place = match objects.flat.get_mut(taken.id as usize) {
                Some(entry) => entry,
                None => objects.paged.as_mut()?.get_mut(taken.id)?,
            };
            let generation = place.key.generation();
            place.key = ObjectKey::new(generation, attach(place.interface, generation));
        }
        objects.taken = (image.taken.len() - image.tombstones.len()) as u32;
        if let Some(paged) = &mut objects.paged {
            paged.find_roomy();
        }
        Some(objects)
    }
}
