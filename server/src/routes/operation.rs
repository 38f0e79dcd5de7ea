//! An operation of the API, declared once: of it both its route and its entry in the document are made.

use std::collections::BTreeMap;

use actix_web::guard::{GuardContext, fn_guard};
use actix_web::http::Method;
use actix_web::http::header::ContentType;
use actix_web::middleware::from_fn;
use actix_web::web::{method, resource};
use actix_web::{FromRequest, Handler, Resource, Responder, Route};
use utoipa::__dev::{SchemaReferences, Tags};
use utoipa::Path;
use utoipa::openapi::path::{HttpMethod, Operation as Description, Parameter, ParameterIn};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Deprecated, OpenApi, RefOr, Schema};

use super::no_query::refuse_query;
use crate::auth::{Role, needs};
use crate::error::codes::Code;
use crate::http::{Pictures, admit_list};
use crate::limits::RouteClass;
use crate::openapi::errors::{ALWAYS, responses};
use crate::openapi::keys::SCHEME;

/// A handler, who may use it, and how it is described.
pub(crate) struct Operation {
    /// As the document has it.
    path: String,
    methods: Vec<HttpMethod>,
    description: Description,
    schemas: Vec<(String, RefOr<Schema>)>,
    /// The least that a key must be for; `None` where none is asked for.
    role: Option<Role>,
    /// What the document says in place of it.
    described_role: Option<Role>,
    /// What it is limited with.
    class: RouteClass,
    /// What its forms hold.
    pictures: Pictures,
    /// Whether its answers grow with what is stored.
    is_list: bool,
    routes: Vec<Route>,
    /// For requests whose body is JSON.
    json_routes: Vec<Route>,
}

impl Operation {
    /// An operation for those with a key of this role or more.
    ///
    /// `described` holds path, method and description: `#[utoipa::path]` makes it beside the handler, and names it
    /// `__path_` and the handler's name.
    pub(crate) fn new<P, H, A>(role: Role, described: P, handler: H) -> Self
    where
        P: Path + SchemaReferences + for<'t> Tags<'t>,
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        Self { role: Some(role), ..Self::without_key(described, handler) }
    }

    /// An operation for everybody.
    pub(crate) fn without_key<P, H, A>(_described: P, handler: H) -> Self
    where
        P: Path + SchemaReferences + for<'t> Tags<'t>,
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        let mut schemas = Vec::new();
        P::schemas(&mut schemas);
        let mut description = P::operation();
        description.tags = Some(P::tags().into_iter().map(str::to_owned).collect());
        let methods = P::methods();
        let is_reading = methods.iter().all(|method| matches!(method, HttpMethod::Get));
        Self {
            path: P::path(),
            description,
            schemas,
            role: None,
            described_role: None,
            class: if is_reading { RouteClass::Reading } else { RouteClass::Administration },
            pictures: Pictures::One,
            is_list: false,
            routes: methods.iter().map(|name| route(name).to(handler.clone())).collect(),
            json_routes: Vec::new(),
            methods,
        }
    }

    /// The same where a handler asks for [`EmbeddingAccess`](crate::scores::EmbeddingAccess): the role is what it needs
    /// where the setting `scores` gives that to everybody.
    pub(crate) fn about_embeddings(self) -> Self {
        Self { described_role: Some(Role::Admin), ..self }
    }

    /// The same, limited with others than those that read or those that change, as its method has it.
    pub(crate) fn of_class(self, class: RouteClass) -> Self {
        Self { class, ..self }
    }

    /// The same where forms hold several pictures.
    pub(crate) fn with_several_pictures(self) -> Self {
        Self { pictures: Pictures::Several, ..self }
    }

    /// The same where answers grow with what is stored: there is room for some of them at once.
    pub(crate) fn with_list(self) -> Self {
        Self { is_list: true, ..self }
    }

    /// The same with another handler for a body that is JSON; the description is of both.
    pub(crate) fn or_json<H, A>(mut self, handler: H) -> Self
    where
        H: Handler<A, Output: Responder + 'static>,
        A: FromRequest + 'static,
    {
        let routes = self.methods.iter().map(|name| route(name).guard(fn_guard(is_json)).to(handler.clone()));
        self.json_routes = routes.collect();
        self
    }

    /// The same with the errors that it can answer with, beside those of every operation that takes a key.
    pub(crate) fn with_errors(mut self, groups: &[&[&Code]]) -> Self {
        let errors = responses(&[&[ALWAYS][..], groups].concat());
        self.description.responses.responses.extend(errors);
        self
    }

    /// The same, marked in the document as one that has a better successor.
    pub(crate) fn deprecated(mut self) -> Self {
        self.description.deprecated = Some(Deprecated::True);
        self
    }

    /// Adds the operation to the document.
    pub(crate) fn describe(self, document: &mut OpenApi) {
        let Self { path, methods, mut description, schemas, role, described_role, .. } = self;
        if let Some(role) = described_role.or(role) {
            description.security = Some(vec![SecurityRequirement::new(SCHEME, [role.as_str()])]);
            let about = description.description.take().unwrap_or_default();
            description.description =
                Some(format!("{about}\n\nRole of the key: `{role}`.").trim().to_owned());
        }
        document.paths.add_path_operation(path, methods, description);
        document.components.get_or_insert_default().schemas.extend(schemas);
    }

    /// The routes, in the order in which they are to be tried.
    fn into_routes(self) -> impl Iterator<Item = Route> {
        let (role, class) = (self.role, self.class);
        // The older paths pass over what they do not know: their clients may send it.
        let has_no_query = self.path.starts_with("/v1/") && !self.has_query();
        let bare = move |route| if has_no_query { refuse_query(route) } else { route };
        let is_list = self.is_list;
        let sized = move |route| {
            let route = bare(route);
            if is_list { route.wrap(from_fn(admit_list)) } else { route }
        };
        let guarded = move |pictures, route| match role {
            Some(role) => needs(role, class, pictures, sized(route)),
            None => sized(route),
        };
        // The first route whose guards hold is taken, so those with one more stand first. JSON holds no pictures.
        let json = self.json_routes.into_iter().map(move |route| guarded(Pictures::One, route));
        json.chain(self.routes.into_iter().map(move |route| guarded(self.pictures, route)))
    }

    /// Whether the description names a parameter of the query.
    fn has_query(&self) -> bool {
        let mut parameters = self.description.parameters.iter().flatten();
        parameters.any(|parameter| {
            matches!(parameter, RefOr::T(Parameter { parameter_in: ParameterIn::Query, .. }))
        })
    }
}

/// One resource for each path of the operations.
// A resource knows its methods: a wrong one is 405 with `allow`, where `App::route` and the macros on handlers give 404.
pub(super) fn resources(operations: impl IntoIterator<Item = Operation>) -> impl Iterator<Item = Resource> {
    // Operations of one path have to name its parameters alike: two resources that match one path would hide each other.
    let mut resources: BTreeMap<String, Resource> = BTreeMap::new();
    for operation in operations {
        // The router sees paths without the slash at their end.
        let path = operation.path.trim_end_matches('/').to_owned();
        let known = resources.remove(&path).unwrap_or_else(|| resource(path.clone()));
        resources.insert(path, operation.into_routes().fold(known, Resource::route));
    }
    resources.into_values()
}

fn route(name: &HttpMethod) -> Route {
    method(match name {
        HttpMethod::Get => Method::GET,
        HttpMethod::Put => Method::PUT,
        HttpMethod::Post => Method::POST,
        HttpMethod::Delete => Method::DELETE,
        HttpMethod::Options => Method::OPTIONS,
        HttpMethod::Head => Method::HEAD,
        HttpMethod::Patch => Method::PATCH,
        HttpMethod::Trace => Method::TRACE,
    })
}

/// Whether a body says that it is JSON.
fn is_json(context: &GuardContext<'_>) -> bool {
    // Parsed and not compared as text, as a parameter such as `charset` may follow.
    let media_type = context.header::<ContentType>();
    media_type.is_some_and(|ContentType(media_type)| media_type.subtype() == "json")
}
