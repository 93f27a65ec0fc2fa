//! The locked screen.

use super::super::{Dock, Keyboard, Scroll};
use super::{Action, Desk, Effect, SurfaceId, Touch};

/// A surface of 400x300 that locks the screen.
fn lock_surface(desk: &mut Desk) -> SurfaceId {
    let id = desk.surface(9);
    desk.desktop.make_lock(id);
    desk.show(id, 400, 300);
    desk.desktop.refresh();
    id
}

/// The colours of the frame at two points.
fn colours(desk: &mut Desk) -> [u32; 2] {
    desk.desktop.compose();
    let frame = desk.desktop.frame();
    [frame.row(50, 50, 51)[0], frame.row(290, 390, 391)[0]]
}

const BLACK: u32 = 0xff00_0000;
const WHITE: u32 = 0xffff_ffff;

#[test]
fn nothing_but_what_locks_the_screen_is_shown_while_it_is_locked() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let (part, popup) = (desk.part(1, window), desk.popup(1, window, (10, 10), false));
    let [shown, background] = colours(&mut desk);
    assert!(shown == WHITE && background != BLACK);
    desk.desktop.lock();
    assert_eq!(colours(&mut desk), [BLACK, BLACK]);
    for hidden in [window, part, popup] {
        assert!(!desk.desktop.is_shown(hidden));
    }
    // What is new is hidden as well, and what changes.
    let new = desk.window(2, 200, 200);
    desk.show(window, 400, 300);
    let dock = desk.surface(3);
    desk.desktop.make_window(dock);
    desk.desktop.set_dock(dock, Dock { level: 2, size: (400, 300), ..Dock::default() });
    desk.show(dock, 400, 300);
    assert!(!desk.desktop.is_shown(new) && !desk.desktop.is_shown(dock));
    assert_eq!(colours(&mut desk), [BLACK, BLACK]);

    let lock = lock_surface(&mut desk);
    assert!(desk.desktop.is_shown(lock));
    assert_eq!(colours(&mut desk), [WHITE, WHITE]);
    // Its owner dies: the screen is black, and stays locked.
    desk.desktop.remove(lock);
    assert!(desk.desktop.is_locked());
    assert_eq!(colours(&mut desk), [BLACK, BLACK]);
    desk.desktop.remove(dock);
    desk.desktop.remove(window);
    desk.desktop.unlock();
    assert!(desk.desktop.is_shown(new));
    assert_eq!(colours(&mut desk), [background_at(50), background]);
}

fn background_at(at: i32) -> u32 {
    let mut desk = Desk::new();
    desk.desktop.compose();
    desk.desktop.frame().row(at, at, at + 1)[0]
}

#[test]
fn nobody_else_gets_input_while_the_screen_is_locked() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    desk.point(50, 50);
    desk.press();
    desk.touch(Touch::Down { id: 1, x: 20.0, y: 20.0 });
    desk.effects();
    desk.desktop.lock();
    let told = desk.told(window);
    assert_eq!(told, ["leave", "up", "no keys", "inactive", "configure"]);
    // Without anything that locks it, and then with it.
    for covered in [false, true] {
        let lock = covered.then(|| lock_surface(&mut desk));
        desk.effects();
        desk.point(60, 60);
        desk.press();
        desk.release();
        desk.touch(Touch::Down { id: 2, x: 20.0, y: 20.0 });
        desk.touch(Touch::Up { id: 2 });
        desk.desktop.input(Action::Key { code: 30, pressed: true });
        desk.desktop.input(Action::Scroll(Scroll::wheel(false, 1.0)));
        desk.desktop.request_focus(window);
        let new = desk.window(2, 200, 200);
        desk.desktop.set_keyboard(new, Keyboard::Exclusive);
        let owner = lock.and_then(|lock| desk.desktop.owner(lock));
        let is_input = |effect: &Effect| !matches!(effect, Effect::Configure | Effect::Activated(_));
        let told: Vec<_> = desk.effects().into_iter().filter(|(_, effect)| is_input(effect)).collect();
        assert!(told.iter().all(|(who, _)| Some(*who) == owner), "{told:?}");
        assert_eq!(told.is_empty(), !covered);
        assert_eq!((desk.desktop.keyboard_focus(), desk.desktop.pointer_focus()), (lock, lock));
    }
}

#[test]
fn what_is_under_way_ends_when_the_screen_is_locked() {
    let mut desk = Desk::new();
    let window = desk.window(1, 0, 0);
    let popup = desk.popup(1, window, (10, 10), true);
    desk.desktop.lock();
    assert!(desk.told(popup).contains(&"dismissed"));
    desk.desktop.unlock();
    desk.point(80, 80);
    let serial = desk.press();
    assert!(desk.desktop.start_move(window, serial));
    desk.desktop.lock();
    desk.point(180, 180);
    desk.release();
    desk.desktop.unlock();
    assert_eq!(desk.desktop.position(window), Some((0, 0)));
    // A drag is cancelled.
    desk.point(80, 80);
    let serial = desk.press();
    let owner = desk.desktop.owner(window).unwrap();
    assert!(desk.desktop.start_drag(owner, serial, true, None));
    desk.effects();
    desk.desktop.lock();
    let told = desk.told(window);
    assert!(told.contains(&"drag leave") && told.contains(&"drag cancel"), "{told:?}");
}

#[test]
fn after_that_the_topmost_window_has_the_keyboard_and_what_locked_is_hidden() {
    let mut desk = Desk::new();
    let (_below, above) = (desk.window(1, 0, 0), desk.window(2, 200, 0));
    desk.desktop.lock();
    let lock = lock_surface(&mut desk);
    desk.point(250, 50);
    desk.effects();
    desk.desktop.unlock();
    assert!(!desk.desktop.is_shown(lock));
    assert_eq!(desk.told(above), ["keys", "active", "configure", "enter"]);
    assert_eq!((desk.desktop.keyboard_focus(), desk.desktop.pointer_focus()), (Some(above), Some(above)));
    // It is not shown at another time either.
    desk.show(lock, 400, 300);
    assert_eq!(desk.desktop.keyboard_focus(), Some(above));
}
