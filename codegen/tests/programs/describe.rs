//! Prints the tables of interfaces, a line for each interface and each message.

/// Prints the tables of interfaces, a line for each interface and each message.
fn describe(module: &str, specs: &[&wayline::Spec]) {
    for spec in specs {
        println!("{module} {} version {}", spec.name, spec.version);
        for (direction, messages) in [("request", spec.requests), ("event", spec.events)] {
            for (opcode, message) in messages.iter().enumerate() {
                println!("{module} {} {direction} {opcode} {}", spec.name, signature(message));
            }
        }
    }
}

/// The message's name, its signature as libwayland writes it, and the interfaces of its objects.
fn signature(message: &wayline::Message) -> String {
    use wayline::ArgKind;

    let mut text = format!("{} ", message.name);
    if message.since > 1 {
        text += &message.since.to_string();
    }
    let mut interfaces = String::new();
    for arg in message.args {
        text += match arg.kind {
            ArgKind::Int => "i",
            ArgKind::Uint => "u",
            ArgKind::Fixed => "f",
            ArgKind::String { nullable: false } => "s",
            ArgKind::String { nullable: true } => "?s",
            ArgKind::Array => "a",
            ArgKind::Fd => "h",
            ArgKind::Object { nullable: false, .. } => "o",
            ArgKind::Object { nullable: true, .. } => "?o",
            ArgKind::NewId { .. } => "n",
            ArgKind::AnyNewId => "sun",
        };
        if let ArgKind::Object { interface: Some(interface), .. } | ArgKind::NewId { interface } = arg.kind {
            interfaces = interfaces + " " + interface.name;
        }
    }
    if message.args.iter().any(|arg| matches!(arg.kind, ArgKind::AnyNewId)) {
        interfaces.clear();
    }
    text + &interfaces
}
