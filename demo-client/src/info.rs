//! `info`: lists the globals of a compositor. The smallest app there is, and one that needs no protocol at all.

use wayline::{Client, HasClient};

use crate::error::Error;
use crate::session::{self, Host, Tally};

struct Info {
    client: Client<Info>,
}

impl HasClient for Info {
    fn client(&mut self) -> &mut Client<Info> {
        &mut self.client
    }
}

pub(crate) fn run(host: Host<'_>) -> Result<(), Error> {
    let tally = Tally::start();
    let mut app = Info { client: host.connect()? };
    let result = list(&mut app);
    session::finish(app.client.stats(), app.client.ended(), &tally, result)
}

fn list(app: &mut Info) -> Result<(), Error> {
    for global in app.client.globals() {
        session::say(format_args!("{:<44} version {:>2}, name {:>2}", global.interface, global.version, global.name))?;
    }
    Ok(())
}
