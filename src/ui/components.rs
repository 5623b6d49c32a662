//! Parts that every page is made of. They show what they are given: no server calls here.

pub mod announce;
pub mod button;
pub mod bytes;
pub mod commands;
pub mod confirm;
pub mod data;
pub mod dialog;
pub mod each;
pub mod empty;
pub mod field;
pub mod fuzzy;
pub mod heading;
pub mod icon;
pub mod json;
pub mod marked;
pub mod pager;
pub mod run_feed;
pub mod search;
pub mod spark;
pub mod status;
pub mod tags;
pub mod theme;
pub mod time;
pub mod toast;
