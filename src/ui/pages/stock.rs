//! The pages of collections, tables and credentials are one part of the program: they share most of what they are made
//! of, and who opens one often goes on to the next.

pub(super) mod listing;

use super::{
    collection::collection_page, collections::collections_page, credentials::credentials_page,
    table::table_page, tables::tables_page,
};
use leptos::prelude::*;

/// One of these pages.
#[derive(Debug, Clone, Copy)]
pub enum Stock {
    Collections,
    Collection,
    Tables,
    Table,
    Credentials,
}

/// The page with what it reads. The browser loads the part when one of them is first opened.
#[lazy]
pub fn stock_page(which: Stock) -> AnyView {
    match which {
        Stock::Collections => collections_page(),
        Stock::Collection => collection_page(),
        Stock::Tables => tables_page(),
        Stock::Table => table_page(),
        Stock::Credentials => credentials_page(),
    }
}
