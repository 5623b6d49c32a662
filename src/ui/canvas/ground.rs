//! The dots behind the graph. A layer of its own that only shifts by less than one step while the view moves, so
//! that moving the view paints nothing.

use super::{
    editing::Editing,
    geometry::{Rect, View},
    scene::Scene,
};
use leptos::prelude::*;

/// How far the layer reaches beyond the canvas, in pixels; more than one step of the dots. As in `canvas/_ground.scss`.
const REACH: f64 = 80.0;

#[component]
pub fn Ground() -> impl IntoView {
    let editing = expect_context::<Editing>();
    let scene = expect_context::<Scene>();
    view! {
        <div
            class="canvas__ground"
            class:is-gliding=scene.gliding
            style=move || {
                // Beneath the sheet of plain cards it is not seen, and to draw it costs as much as they do.
                if scene.is_far.get() { "visibility: hidden".to_owned() } else { style(editing.view.get()) }
            }
        ></div>
    }
}

fn style(view: View) -> String {
    // Dots that would lie too near to each other give way to every third one.
    let step = 24.0 * view.zoom * if view.zoom < 0.45 { 3.0 } else { 1.0 };
    let (x, y) = ((view.x + REACH).rem_euclid(step), (view.y + REACH).rem_euclid(step));
    format!("transform: translate({x:.1}px, {y:.1}px); background-size: {step:.2}px {step:.2}px")
}

/// The sheet beneath plain cards.
#[component]
pub fn Backdrop() -> impl IntoView {
    let scene = expect_context::<Scene>();
    move || {
        scene.backdrop.get().map(|Rect { x, y, width, height }| {
            let style = format!("left: {x:.0}px; top: {y:.0}px; width: {width:.0}px; height: {height:.0}px");
            view! { <div class="canvas__backdrop" style=style></div> }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dots_stay_where_the_world_is() {
        let at = |x: f64| style(View { x, y: 0.0, zoom: 1.0 });
        assert_eq!(at(-8.0), at(16.0), "a whole step further it looks the same");
        assert_eq!(at(0.0), "transform: translate(8.0px, 8.0px); background-size: 24.00px 24.00px");
    }
}
