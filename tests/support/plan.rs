//! The plan as a script reads it: version 1 of the JSON, field by field. A field that is not there is a failure,
//! never an empty value.

use serde_json::Value;

/// A whole plan.
#[derive(Debug)]
pub struct Plan(pub Value);

/// One image of a plan.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a>(pub &'a Value);

impl Plan {
    /// The images in the order of the plan.
    pub fn images(&self) -> Vec<Planned<'_>> {
        self.0["images"].as_array().expect("images").iter().map(Planned).collect()
    }

    /// Their names in the order of the plan.
    pub fn names(&self) -> Vec<&str> {
        self.images().iter().map(|image| image.text("name")).collect()
    }

    /// The image of that name.
    #[track_caller]
    pub fn image(&self, name: &str) -> Planned<'_> {
        let found = self.images().into_iter().find(|image| image.text("name") == name);
        found.unwrap_or_else(|| panic!("no image {name} in {:#}", self.0))
    }

    /// The plan's only image.
    #[track_caller]
    pub fn only(&self) -> Planned<'_> {
        let images = self.images();
        assert_eq!(images.len(), 1, "{:#}", self.0);
        images[0]
    }

    /// `name: action` of each image in order, to compare whole plans at once.
    pub fn actions(&self) -> Vec<String> {
        let line = |image: &Planned<'_>| format!("{}: {}", image.text("name"), image.action());
        self.images().iter().map(line).collect()
    }
}

impl<'a> Planned<'a> {
    /// A field of any kind; `null` must be written.
    #[track_caller]
    pub fn field(&self, key: &str) -> &'a Value {
        self.0.get(key).unwrap_or_else(|| panic!("no field {key} in {:#}", self.0))
    }

    /// A field that holds a text.
    #[track_caller]
    pub fn text(&self, key: &str) -> &'a str {
        self.field(key).as_str().unwrap_or_else(|| panic!("{key} is no text in {:#}", self.0))
    }

    /// A field that holds a list of texts.
    #[track_caller]
    pub fn list(&self, key: &str) -> Vec<&'a str> {
        texts(self.field(key))
    }

    /// `action`
    #[track_caller]
    pub fn action(&self) -> &'a str {
        self.text("action")
    }

    /// `reason`
    #[track_caller]
    pub fn reason(&self) -> &'a str {
        self.text("reason")
    }

    /// `content_hash`
    #[track_caller]
    pub fn hash(&self) -> &'a str {
        self.text("content_hash")
    }

    /// `content_tag`
    #[track_caller]
    pub fn content_tag(&self) -> &'a str {
        self.text("content_tag")
    }

    /// `digest`, where it is not null.
    #[track_caller]
    pub fn digest(&self) -> Option<&'a str> {
        self.field("digest").as_str()
    }

    /// `from.how`, where `from` is not null.
    #[track_caller]
    pub fn how(&self) -> Option<&'a str> {
        self.field("from").get("how").and_then(Value::as_str)
    }

    /// The `build` object.
    #[track_caller]
    pub fn build(&self) -> &'a Value {
        let build = self.field("build");
        assert!(build.is_object(), "no build in {:#}", self.0);
        build
    }

    /// Fails unless the action is this one; prints the whole image.
    #[track_caller]
    pub fn expect(&self, action: &str) {
        assert_eq!(self.action(), action, "{:#}", self.0);
    }
}

/// A list of texts.
#[track_caller]
pub fn texts(value: &Value) -> Vec<&str> {
    let list = value.as_array().unwrap_or_else(|| panic!("no list: {value:#}"));
    list.iter().map(|text| text.as_str().expect("a text")).collect()
}
