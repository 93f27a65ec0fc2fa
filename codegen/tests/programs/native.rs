//! Includes protocols into private modules and uses nothing of them: no lint of the workspace may complain.

mod both {
    include!("../generated/protocol.rs");
}

mod client {
    include!("../generated/protocol_client.rs");
}

mod server {
    include!("../generated/protocol_server.rs");
}

mod keywords {
    include!("../generated/x38_keywords.rs");
}

mod odd {
    include!("../generated/odd.rs");
}

fn main() {}
