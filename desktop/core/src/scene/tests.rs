//! The scene as a whole: exact pixels, and every shortcut against a painter that takes none.

use wayline_pixels::{BufferArgs, Layout, PixelFormat};

use super::*;
use crate::{Desktop, Owner, Stale, SurfaceId};

const ARGB: PixelFormat = PixelFormat::ARGB8888;

/// The number of a surface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number(usize);

impl Owner for Number {
    type Client = ();

    fn client(self) {}
}

/// A desktop that shows surfaces in the order and at the places that are given here.
struct Screen<P> {
    desktop: Desktop<Number, P>,
    order: Vec<(SurfaceId, (i32, i32))>,
    hidden: Vec<SurfaceId>,
    /// What the latest [`Screen::compose`] could not read.
    broken: Vec<(Number, AccessError)>,
}

impl<P: Pixels> Screen<P> {
    fn new(size: (u32, u32)) -> Self {
        Screen { desktop: Desktop::new(size), order: Vec::new(), hidden: Vec::new(), broken: Vec::new() }
    }

    fn add(&mut self, position: (i32, i32), decoration: Decoration) -> SurfaceId {
        let id = self.desktop.add(Number(self.order.len()));
        self.desktop.set_decoration(id, decoration);
        self.order.push((id, position));
        id
    }

    fn remove(&mut self, id: SurfaceId) -> Option<P> {
        self.order.retain(|(other, _)| *other != id);
        self.desktop.remove(id)
    }

    fn set_content(&mut self, id: SurfaceId, content: Option<Content<P>>, damage: &[Rect]) -> Option<P> {
        self.desktop.set_content(id, content, damage)
    }

    fn set_opaque(&mut self, id: SurfaceId, opaque: Rect) {
        self.desktop.set_opaque(id, opaque);
    }

    fn set_backdrop(&mut self, id: SurfaceId, backdrop: Rect) {
        let view = &mut self.desktop.surfaces.get_mut(&id).unwrap().view;
        self.desktop.scene.change(view, |view| view.backdrop = backdrop);
    }

    fn show(&mut self) {
        let order: Vec<_> = self.order.iter().copied().filter(|(id, _)| !self.hidden.contains(id)).collect();
        self.desktop.show(&order);
        self.desktop.stale = Stale::Nothing;
    }

    fn compose(&mut self) -> Composed {
        self.show();
        let (composed, broken) = self.desktop.compose();
        self.broken = broken;
        composed
    }

    fn is_damaged(&self) -> bool {
        self.desktop.scene.is_damaged()
    }

    fn frame(&self) -> &Frame {
        self.desktop.frame()
    }

    fn background(&self) -> &Frame {
        &self.desktop.scene.background
    }

    /// Those that are shown, from bottom to top.
    fn views(&self) -> impl DoubleEndedIterator<Item = &View<P>> {
        self.desktop.shown.iter().map(|(id, _)| &self.desktop.surfaces[id].view)
    }

    /// Whether any pixel of a view is on the screen and not under an opaque one.
    fn is_visible(&mut self, id: SurfaceId) -> bool {
        self.show();
        let view = &self.desktop.surfaces[&id].view;
        let mut rest = vec![view.bounds().intersect(self.frame().bounds())];
        for above in self.views().skip(view.rank.unwrap() + 1) {
            paint::uncover(&mut rest, above.opaque_area());
        }
        rest.iter().any(|rect| !rect.is_empty())
    }

    fn hit(&mut self, x: f64, y: f64) -> Option<(SurfaceId, f64, f64)> {
        self.show();
        self.desktop.surface_at(x, y)
    }

    /// Changes the place of one in the order.
    fn reorder(&mut self, id: SurfaceId, to: impl FnOnce(&[(SurfaceId, (i32, i32))]) -> usize) {
        let Some(from) = self.order.iter().position(|(other, _)| *other == id) else { return };
        let moved = self.order.remove(from);
        let to = to(&self.order);
        self.order.insert(to, moved);
    }

    fn set_position(&mut self, id: SurfaceId, position: (i32, i32)) {
        self.order.iter_mut().filter(|(other, _)| *other == id).for_each(|(_, at)| *at = position);
    }

    fn set_hidden(&mut self, id: SurfaceId, hidden: bool) {
        self.hidden.retain(|other| *other != id);
        self.hidden.extend(hidden.then_some(id));
    }

    fn raise(&mut self, id: SurfaceId) {
        self.reorder(id, <[_]>::len);
    }

    fn stack_above(&mut self, id: SurfaceId, below: SurfaceId) {
        self.reorder(id, |order| order.iter().position(|(other, _)| *other == below).map_or(0, |at| at + 1));
    }
}

/// Writes as clients do, with alpha; also where it means nothing.
fn write(format: PixelFormat, pixels: &[u32], row: &mut Vec<u8>) {
    let start = row.len();
    format::write(format, pixels, row);
    if format.bytes_per_pixel == 4 {
        let bytes = row[start..].as_chunks_mut::<4>().0;
        bytes.iter_mut().zip(pixels).for_each(|(bytes, pixel)| bytes[3] = (pixel >> 24) as u8);
    }
}

fn layout_of(offset: i32, (width, height): (u32, u32), stride: usize, format: PixelFormat, pool: usize) -> Layout {
    let args =
        BufferArgs { offset, width: width as i32, height: height as i32, stride: stride as i32, format: format.code };
    Layout::check(args, pool, &[format]).unwrap()
}

fn content(format: PixelFormat, (width, height): (u32, u32), pixel: impl Fn(u32, u32) -> u32) -> Content<Vec<u8>> {
    let mut pixels = vec![0; 4];
    for y in 0..height {
        let row: Vec<_> = (0..width).map(|x| pixel(x, y)).collect();
        write(format, &row, &mut pixels);
        pixels.extend([0xee; 4]);
    }
    let stride = width as usize * usize::from(format.bytes_per_pixel) + 4;
    let layout = layout_of(4, (width, height), stride, format, pixels.len());
    Content { pixels, layout }
}

fn solid(size: (u32, u32), colour: u32) -> Content<Vec<u8>> {
    content(ARGB, size, |_, _| colour)
}

/// A scene with one undecorated view, composed.
fn with(position: (i32, i32), content: Content<Vec<u8>>) -> (Screen<Vec<u8>>, SurfaceId, Composed) {
    let mut scene = Screen::new((8, 8));
    let id = scene.add(position, Decoration::None);
    scene.set_content(id, Some(content), &[]);
    let composed = scene.compose();
    (scene, id, composed)
}

/// What is seen of a pixel, as an opaque one.
fn pixel<P: Pixels>(scene: &Screen<P>, x: i32, y: i32) -> u32 {
    scene.frame().row(y, x, x + 1)[0] | 0xff00_0000
}

fn background<P: Pixels>(scene: &Screen<P>, x: i32, y: i32) -> u32 {
    scene.background().row(y, x, x + 1)[0]
}

#[test]
fn a_view_is_drawn_at_its_place_and_nowhere_else() {
    let (scene, ..) = with((2, 3), content(ARGB, (2, 2), |x, y| 0xff00_0000 | x << 8 | y));
    for (x, y) in (0..8).flat_map(|y| (0..8).map(move |x| (x, y))) {
        let inside = (2..4).contains(&x) && (3..5).contains(&y);
        let expected =
            if inside { 0xff00_0000 | (x as u32 - 2) << 8 | (y as u32 - 3) } else { background(&scene, x, y) };
        assert_eq!(pixel(&scene, x, y), expected, "{x},{y}");
    }
}

#[test]
fn each_format_is_converted() {
    for format in PixelFormat::KNOWN {
        let (scene, _, composed) = with((0, 0), content(format, (1, 1), |_, _| 0xfff8_fc08));
        let expected = if format == PixelFormat::RGB565 { 0xffff_ff08 } else { 0xfff8_fc08 };
        assert_eq!(pixel(&scene, 0, 0), expected, "{format:?}");
        let by_blending = u64::from(format.has_alpha());
        assert_eq!((composed.painted.blended, composed.painted.copied), (by_blending, 1 - by_blending), "{format:?}");
    }
}

#[test]
fn transparent_pixels_show_what_is_behind() {
    let (mut scene, ..) = with((0, 0), solid((8, 8), 0xff64_6464));
    let above = scene.add((1, 1), Decoration::None);
    scene.set_content(above, Some(solid((1, 1), 0x4010_1010)), &[]);
    scene.compose();
    assert_eq!(pixel(&scene, 1, 1), 0xff5b_5b5b);
    assert_eq!(pixel(&scene, 2, 1), 0xff64_6464);
}

#[test]
fn views_are_clipped_at_every_edge() {
    for (x, y) in [(-3, -2), (5, -2), (-3, 6), (5, 6), (-100, 0), (8, 0), (i32::MAX, i32::MIN)] {
        let (scene, ..) = with((x, y), content(ARGB, (6, 6), |x, y| 0xff00_0000 | x << 8 | y));
        assert_eq!(scene.broken, []);
        let bounds = Rect::new(x, y, 6, 6);
        for (px, py) in (0..8).flat_map(|y| (0..8).map(move |x| (x, y))) {
            let expected = if bounds.contains(px, py) {
                0xff00_0000 | px.abs_diff(x) << 8 | py.abs_diff(y)
            } else {
                background(&scene, px, py)
            };
            assert_eq!(pixel(&scene, px, py), expected, "{px},{py} of a view at {x},{y}");
        }
    }
}

#[test]
fn an_opaque_hint_changes_how_and_not_what() {
    let picture = || content(ARGB, (6, 6), |x, y| 0xff00_0000 | x << 20 | y << 4);
    let (slow, _, blended) = with((1, 1), picture());
    let mut fast = Screen::new((8, 8));
    let id = fast.add((1, 1), Decoration::None);
    fast.set_opaque(id, Rect::new(1, 1, 4, 100));
    fast.set_content(id, Some(picture()), &[]);
    let copied = fast.compose();
    assert_eq!(fast.frame(), slow.frame());
    assert_eq!(blended.painted, Painted { copied: 0, blended: 36, own: 64 });
    assert_eq!(copied.painted, Painted { copied: 20, blended: 16, own: 44 });
}

#[test]
fn alpha_is_ignored_where_the_client_promised_opaque_pixels() {
    let (mut scene, id, _) = with((0, 0), solid((2, 1), 0x0012_3456));
    scene.set_opaque(id, Rect::new(0, 0, 1, 1));
    scene.compose();
    assert_eq!(pixel(&scene, 0, 0), 0xff12_3456);
    assert_ne!(pixel(&scene, 1, 0), 0xff12_3456);
}

#[test]
fn a_covered_view_is_not_read() {
    let (mut scene, below, _) = with((0, 0), solid((4, 4), 0xff11_1111));
    assert!(scene.is_visible(below));
    let above = scene.add((0, 0), Decoration::None);
    scene.set_content(above, Some(content(PixelFormat::XRGB8888, (5, 5), |_, _| 0xff22_2222)), &[]);
    assert!(!scene.is_visible(below) && scene.is_visible(above));
    assert_eq!(scene.compose().painted, Painted { copied: 25, blended: 0, own: 0 });
    scene.set_position(above, (1, 0));
    assert!(scene.is_visible(below));
}

#[test]
fn stacking_follows_raise_and_stack_above() {
    let mut scene = Screen::new((8, 8));
    let colours = [0xff00_0001, 0xff00_0002, 0xff00_0003];
    let ids = colours.map(|colour| {
        let id = scene.add((0, 0), Decoration::None);
        scene.set_content(id, Some(solid((8, 8), colour)), &[]);
        id
    });
    let mut top = |change: &dyn Fn(&mut Screen<Vec<u8>>)| {
        change(&mut scene);
        scene.compose();
        let (hit, x, y) = scene.hit(4.5, 4.0).unwrap();
        assert_eq!((x, y), (4.5, 4.0));
        let index = ids.iter().position(|id| *id == hit).unwrap();
        assert_eq!(pixel(&scene, 4, 4), colours[index]);
        index
    };
    assert_eq!(top(&|_| {}), 2);
    assert_eq!(top(&|s| s.raise(ids[0])), 0);
    assert_eq!(top(&|s| s.stack_above(ids[0], ids[1])), 2);
    assert_eq!(top(&|s| s.set_hidden(ids[2], true)), 0);
    assert_eq!(top(&|s| s.set_hidden(ids[2], false)), 2);
    assert_eq!(top(&|s| s.stack_above(ids[1], ids[2])), 1);
    assert_eq!(top(&|s| drop(s.remove(ids[1]))), 2);
    assert_eq!(top(&|s| s.raise(ids[1])), 2);
}

#[test]
fn hits_use_whole_pixels_and_fractional_places() {
    let (mut scene, id, _) = with((2, 3), solid((2, 2), 0));
    assert_eq!(scene.hit(3.9, 3.25), Some((id, 1.9, 0.25)));
    for outside in [(1.99, 3.0), (4.0, 3.0), (2.0, 2.99), (2.0, 5.0), (f64::NAN, 3.0), (f64::INFINITY, 0.0)] {
        assert_eq!(scene.hit(outside.0, outside.1), None, "{outside:?}");
    }
}

#[test]
fn only_damage_is_drawn() {
    let (mut scene, id, _) = with((1, 1), solid((6, 6), 0xff11_1111));
    assert!(!scene.is_damaged());
    assert_eq!(scene.compose(), Composed::default());
    let damage = [Rect::new(1, 1, 2, 1), Rect::new(5, 5, 100, i32::MAX)];
    let before = scene.set_content(id, Some(solid((6, 6), 0xff22_2222)), &damage);
    assert_eq!(before, Some(solid((6, 6), 0xff11_1111).pixels));
    let composed = scene.compose();
    assert_eq!(composed.damage, [Rect::new(2, 2, 2, 1), Rect::new(6, 6, 1, 1)]);
    assert_eq!(composed.painted.blended, 3);
    assert_eq!((pixel(&scene, 2, 2), pixel(&scene, 4, 2)), (0xff22_2222, 0xff11_1111));
}

#[test]
fn content_that_goes_or_changes_its_size_uncovers_the_background() {
    let (mut scene, id, _) = with((0, 0), solid((6, 6), 0xff11_1111));
    scene.set_content(id, Some(solid((3, 3), 0xff22_2222)), &[Rect::new(0, 0, 1, 1)]);
    scene.compose();
    assert_eq!(pixel(&scene, 2, 2), 0xff22_2222);
    assert_eq!(pixel(&scene, 4, 4), background(&scene, 4, 4));
    assert!(scene.set_content(id, None, &[]).is_some());
    scene.compose();
    assert_eq!(scene.frame(), scene.background());
}

#[test]
fn m13_a_view_that_cannot_be_read_is_left_out_as_a_whole() {
    let (mut scene, below, _) = with((0, 0), solid((8, 8), 0xff11_1111));
    let above = scene.add((1, 1), Decoration::Shadow);
    let mut short = solid((4, 4), 0xff22_2222);
    short.pixels.truncate(4 + 3 * 20);
    scene.set_content(above, Some(short), &[]);
    scene.compose();
    assert_eq!(scene.broken, [(scene.desktop.owner(above).unwrap(), AccessError { offset: 64, len: 16 })]);
    assert!(scene.frame().pixels().iter().all(|p| *p == 0xff11_1111), "no half of it stays");
    assert_eq!(scene.hit(2.0, 2.0).unwrap().0, below);
    assert!(!scene.is_damaged());
    scene.compose();
    assert_eq!(scene.broken, [], "it is reported once");
    scene.set_content(above, Some(solid((4, 4), 0xff22_2222)), &[Rect::new(0, 0, 1, 1)]);
    scene.compose();
    assert_eq!(pixel(&scene, 4, 4), 0xff22_2222, "new content is shown as a whole");
}

#[test]
fn rows_are_read_together_as_long_as_what_is_between_them_is_not_more() {
    struct Counted(Vec<u8>, std::cell::Cell<usize>);
    impl Pixels for Counted {
        fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
            self.1.set(self.1.get() + 1);
            self.0.read(offset, into)
        }
    }
    let reads = |stride: i32| {
        let mut scene: Screen<Counted> = Screen::new((64, 64));
        let id = scene.add((0, 0), Decoration::None);
        let pixels = Counted(vec![0x77; stride as usize * 64], std::cell::Cell::default());
        let layout = layout_of(0, (64, 64), stride as usize, PixelFormat::XRGB8888, pixels.0.len());
        scene.set_content(id, Some(Content { pixels, layout }), &[]);
        scene.compose();
        assert_eq!(*scene.frame(), Frame::new((64, 64), 0xff77_7777));
        scene.set_content(id, None, &[]).unwrap().1.get()
    };
    // A piece is 8 KiB.
    assert_eq!([256, 512, 516].map(reads), [2, 4, 64]);
    assert_eq!(reads(257), 64, "rows that do not begin at a pixel are read one by one");
}

#[test]
fn the_picture_is_the_same_in_whatever_pieces_it_is_read() {
    struct InPieces(Vec<u8>, usize);
    impl Pixels for InPieces {
        fn read(&self, offset: usize, into: &mut [u8]) -> Result<(), AccessError> {
            self.0.read(offset, into)
        }
        fn block(&self) -> usize {
            self.1
        }
    }
    let mut random = Random(3);
    for format in PixelFormat::KNOWN {
        for (size, position) in [((40, 9), (0, 0)), ((33, 7), (2, 1)), ((60, 9), (-11, 0))] {
            let noise: Vec<u32> = (0..size.0 * size.1).map(|_| random.below(u32::MAX) | 0xff00_0000).collect();
            let Content { pixels, layout } = content(format, size, |x, y| noise[(y * size.0 + x) as usize]);
            for stride in [layout.stride(), size.0 as usize * layout.bytes_per_pixel()] {
                let layout = layout_of(4, (size.0, 4), stride, format, pixels.len());
                let frames = [usize::MAX, 0, 1, 20, 100, 300, 1000].map(|block| {
                    let mut scene: Screen<InPieces> = Screen::new((40, 9));
                    for opaque in [Rect::EMPTY, Rect::new(3, 1, 20, 2), Rect::new(0, 0, 60, 9)] {
                        let id = scene.add((position.0, position.1 + 2 * opaque.top()), Decoration::None);
                        let pixels = InPieces(pixels.clone(), block.min(1 << 20));
                        scene.set_content(id, Some(Content { pixels, layout }), &[]);
                        scene.set_opaque(id, opaque);
                    }
                    scene.compose();
                    scene.frame().clone()
                });
                assert!(frames.iter().all(|frame| *frame == frames[0]), "{format:?} {size:?} {stride}");
            }
        }
    }
}

#[test]
fn a_view_on_its_own_black_is_copied_and_looks_blended() {
    let half = || content(ARGB, (4, 4), |x, y| 0x8000_0000 | x << 4 | y << 12);
    let (mut scene, view, _) = with((2, 2), half());
    scene.set_backdrop(view, Rect::new(0, 0, 8, 8));
    let composed = scene.compose();
    assert_eq!((composed.painted.blended, composed.painted.copied), (0, 16));
    let on_black = scene.frame().clone();
    // With a black view behind instead, it is blended.
    let (mut scene, ..) = with((0, 0), content(PixelFormat::XRGB8888, (8, 8), |_, _| 0xff00_0000));
    let view = scene.add((2, 2), Decoration::None);
    scene.set_content(view, Some(half()), &[]);
    assert_eq!(scene.compose().painted.blended, 16);
    assert_eq!(*scene.frame(), on_black);
}

#[test]
fn shadows_on_one_place_do_not_cost_more_than_some_however_many_windows_are_there() {
    let drawn = |windows: usize| {
        let mut scene: Screen<Vec<u8>> = Screen::new((160, 160));
        scene.compose();
        for _ in 0..windows {
            let id = scene.add((80, 80), Decoration::Shadow);
            scene.set_content(id, Some(solid((2, 2), 0xff11_1111)), &[]);
        }
        scene.compose().painted.own
    };
    assert!(drawn(20) > drawn(10));
    assert_eq!(drawn(200), drawn(800));
}

#[test]
fn a_removed_view_gives_back_what_it_is_given() {
    let (mut scene, id, _) = with((0, 0), solid((1, 1), 0xff11_1111));
    assert_eq!(scene.remove(id), Some(solid((1, 1), 0xff11_1111).pixels));
    assert_eq!(scene.remove(id), None);
    let late = solid((1, 1), 0xff22_2222);
    assert_eq!(scene.set_content(id, Some(late.clone()), &[]), Some(late.pixels));
    assert_eq!(scene.desktop.owner(id), None);
    assert_ne!(scene.add((0, 0), Decoration::None), id, "its name does not come back");
}

#[test]
fn a_scene_that_becomes_black_is_drawn_again_as_a_whole() {
    let (mut scene, ..) = with((6, 6), solid((4, 4), 0xff11_1111));
    scene.desktop.scene.set_blank(true);
    let composed = scene.compose();
    assert_eq!(composed.damage, [Rect::new(0, 0, 8, 8)]);
    assert_eq!((pixel(&scene, 0, 0), pixel(&scene, 7, 7)), (0xff00_0000, 0xff11_1111));
    assert!(!scene.is_damaged());
}

/// The `splitmix64` generator: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, n: u32) -> u32 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ z >> 31) % u64::from(n)) as u32
    }

    fn between(&mut self, from: i32, to: i32) -> i32 {
        from + self.below(from.abs_diff(to)) as i32
    }

    fn rect(&mut self) -> Rect {
        Rect::new(self.between(-5, 30), self.between(-5, 30), self.between(0, 25), self.between(0, 25))
    }

    /// Premultiplied, often opaque, sometimes clear.
    fn colour(&mut self) -> u32 {
        let alpha = [255, 255, 0, 128, 77][self.below(5) as usize];
        (0..3).fold(alpha, |pixel, _| pixel << 8 | self.below(alpha + 1))
    }

    fn content(&mut self) -> Content<Vec<u8>> {
        let format = PixelFormat::KNOWN[self.below(5) as usize];
        let (a, b) = (self.colour(), self.colour());
        content(format, (1 + self.below(25), 1 + self.below(25)), |x, y| if (x / 3 + y) % 2 == 0 { a } else { b })
    }
}

fn step(random: &mut Random, scene: &mut Screen<Vec<u8>>, ids: &mut Vec<SurfaceId>, decoration: Decoration) {
    let any = ids[random.below(ids.len() as u32) as usize];
    match random.below(9) {
        0 => ids.push(scene.add((random.between(-20, 40), random.between(-20, 40)), decoration)),
        1 if ids.len() > 4 => drop(scene.remove(any)),
        2 => scene.set_position(any, (random.between(-20, 40), random.between(-20, 40))),
        3 => scene.set_hidden(any, random.below(2) == 0),
        4 => scene.raise(any),
        5 => scene.stack_above(any, ids[random.below(ids.len() as u32) as usize]),
        6 => scene.set_opaque(any, random.rect()),
        _ => {
            // Pixels change inside the damage only, as a correct client does it.
            let rect = random.rect();
            let surface = scene.desktop.surfaces.get(&any);
            let same_size = surface.and_then(|it| it.view.content.clone()).filter(|_| random.below(2) == 0);
            if let Some(mut content) = same_size {
                let inside = rect.intersect(Rect::of_size(content.layout.size()));
                let (format, colour) = (content.layout.format(), random.colour());
                for y in inside.top()..inside.bottom() {
                    let mut row = Vec::new();
                    write(format, &vec![colour; inside.width() as usize], &mut row);
                    let start = content.layout.offset_of(inside.left() as u32, y as u32);
                    content.pixels[start..start + row.len()].copy_from_slice(&row);
                }
                // An empty rectangle next to it: a list is not "everywhere" because one of it is empty.
                scene.set_content(any, Some(content), &[rect, Rect::EMPTY]);
            } else {
                scene.set_content(any, Some(random.content()), &[]);
            }
        }
    }
}

/// Each pixel of each view from the bottom up, with the definition of source-over in floating point.
fn reference(scene: &Screen<Vec<u8>>) -> Frame {
    let bounds = scene.frame().bounds();
    let mut frame = scene.background().clone();
    let places = (0..bounds.bottom()).flat_map(|y| (0..bounds.right()).map(move |x| (x, y)));
    for ((x, y), below) in places.zip(frame.rows_mut(0, bounds.bottom())) {
        for view in scene.views().filter(|v| v.bounds().contains(x, y)) {
            let content = view.content.as_ref().unwrap();
            let (vx, vy) = (x - view.position.0, y - view.position.1);
            let start = content.layout.offset_of(vx as u32, vy as u32);
            let mut above = [0];
            read::read(&content.pixels, &content.layout, start, &mut above, &mut Vec::new(), false).unwrap();
            if view.opaque.contains(vx, vy) {
                above[0] |= 0xff00_0000;
            }
            let rest = f64::from(255 - (above[0] >> 24)) / 255.0;
            *below = [16, 8, 0].into_iter().fold(0xff, |pixel, shift| {
                let channel = |p: u32| f64::from(p >> shift & 0xff);
                pixel << 8 | (channel(above[0]) + (channel(*below) * rest).round()) as u32
            });
        }
    }
    frame
}

#[test]
fn damage_and_culling_equal_the_reference_at_every_step() {
    let mut random = Random(0x5eed);
    for _ in 0..20 {
        let mut scene = Screen::new((50, 40));
        let mut ids = vec![scene.add((3, 3), Decoration::None)];
        for n in 0..60 {
            step(&mut random, &mut scene, &mut ids, Decoration::None);
            scene.compose();
            assert!(*scene.frame() == reference(&scene), "step {n}: {:?}", scene.views().collect::<Vec<_>>());
        }
    }
}

#[test]
fn damage_equals_a_full_repaint_with_shadows() {
    let mut random = Random(7);
    for _ in 0..10 {
        let mut scene = Screen::new((90, 70));
        let mut ids = vec![scene.add((3, 3), Decoration::Shadow)];
        for n in 0..40 {
            step(&mut random, &mut scene, &mut ids, Decoration::Shadow);
            scene.compose();
            let incremental = scene.frame().clone();
            scene.desktop.scene.damage = Damage::full(scene.frame().bounds());
            scene.compose();
            assert!(*scene.frame() == incremental, "step {n}");
        }
    }
}

#[test]
fn many_small_opaque_windows_stay_correct() {
    let mut scene = Screen::new((64, 64));
    for n in 0..400 {
        let id = scene.add((n * 7 % 62, n * 13 % 62), Decoration::None);
        scene.set_content(id, Some(content(PixelFormat::XRGB8888, (2, 2), |_, _| 0xff00_0000 | n as u32)), &[]);
    }
    scene.compose();
    assert!(*scene.frame() == reference(&scene));
}

#[test]
fn many_broken_views_cost_a_few_paints() {
    let mut scene = Screen::new((64, 64));
    for _ in 0..300 {
        let id = scene.add((0, 0), Decoration::None);
        let mut short = content(PixelFormat::XRGB8888, (64, 64), |_, _| 0xff22_2222);
        short.pixels.truncate(100);
        scene.set_content(id, Some(short), &[]);
    }
    let (mut painted, mut frames) = (0, 0);
    while scene.is_damaged() {
        let composed = scene.compose();
        painted = painted.max(composed.painted.own + composed.painted.copied + composed.painted.blended);
        frames += 1;
        assert!(frames < 300);
    }
    assert!(painted <= MAX_PASSES as u64 * 64 * 64);
    assert!(scene.frame() == scene.background());
}
