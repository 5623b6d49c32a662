//! The workflows to start from: the files of `data/templates`, part of the program.

use super::file::{FileError, WorkflowFile};

/// A workflow to start from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Template {
    /// Stable name, that of the file.
    pub slug: &'static str,
    /// The file's text.
    pub text: &'static str,
    /// Slugs of the templates whose workflows its steps start, by their names.
    pub needs: &'static [&'static str],
    /// A collection that its steps search in; made with the sample documents where the owner has none of that name.
    pub collection: Option<&'static str>,
    /// A cron pattern; its schedule is made paused.
    pub schedule: Option<&'static str>,
}

macro_rules! template {
    ($slug:literal $(, needs $need:literal)*) => {
        Template {
            slug: $slug,
            text: include_str!(concat!("../../data/templates/", $slug, ".json")),
            needs: &[$($need),*],
            collection: None,
            schedule: None,
        }
    };
}

/// All of them, the simplest first.
pub const TEMPLATES: &[Template] = &[
    template!("summarise-a-text"),
    template!("classify-and-branch"),
    template!("extract-fields"),
    template!("draft-and-approve"),
    template!("remind-later"),
    template!("summarise-each-part", needs "summarise-a-text"),
    Template { collection: Some("Sample documents"), ..template!("ask-my-documents") },
    Template { schedule: Some("*/15 * * * *"), ..template!("watch-an-api") },
];

impl Template {
    /// The template of that slug.
    #[must_use]
    pub fn find(slug: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|t| t.slug == slug)
    }

    /// The file.
    ///
    /// # Errors
    /// None for what is shipped; a test reads every template.
    pub fn file(&self) -> Result<WorkflowFile, FileError> {
        WorkflowFile::parse(self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::check::{Environment, KnownWorkflow, check};
    use crate::workflow::ids::WorkflowId;

    #[test]
    fn templates_have_no_problems() {
        for template in TEMPLATES {
            let file = template.file().unwrap();
            let needed = template.needs.iter().map(|slug| Template::find(slug).unwrap().file().unwrap().name);
            let known = needed.map(|name| KnownWorkflow { id: WorkflowId::new(), name }).collect();
            let environment = Environment {
                installed_models: Some(vec!["some-model".into()]),
                workflows: Some(known),
                ..Environment::default()
            };
            let problems = check(&file.clone().into_workflow(), &environment);
            assert!(problems.is_empty(), "{}: {problems:#?}", template.slug);
            assert!(!file.description.is_empty());
        }
    }

    #[test]
    fn templates_ship_an_input_to_try() {
        for template in TEMPLATES {
            let schema = template.file().unwrap().input_schema.unwrap();
            let required = schema["required"].as_array().unwrap();
            for name in required {
                let name = name.as_str().unwrap();
                assert!(schema["properties"][name]["default"].is_string(), "{}: {name}", template.slug);
                assert!(schema["examples"][0][name].is_string(), "{}: {name}", template.slug);
            }
        }
    }

    #[test]
    fn cards_of_templates_do_not_overlap() {
        for template in TEMPLATES {
            let nodes = template.file().unwrap().nodes;
            for (index, a) in nodes.iter().enumerate() {
                for b in &nodes[..index] {
                    let apart = (a.position[0] - b.position[0]).abs() >= 280.0
                        || (a.position[1] - b.position[1]).abs() >= 120.0;
                    assert!(apart, "{}: {} and {}", template.slug, a.name, b.name);
                }
            }
        }
    }
}
