//! A RabbitMQ node for the tests: fresh, on free ports of this machine's own address, removed afterwards.

use std::{
    env, fs,
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{self as std_process, Child, Stdio},
    time::Duration,
};

use anyhow::{Context, Result, bail};

use crate::{process, setup, step::step};

pub struct RabbitMq {
    server: Child,
    /// Knows the port of the node. The node would start one that outlives it.
    names: Child,
    dir: PathBuf,
    port: u16,
}

impl RabbitMq {
    pub fn start() -> Result<Self> {
        step("start RabbitMQ", || {
            let programs = setup::rabbitmq().context("RabbitMQ is not installed")?;
            let dir = env::temp_dir().join(format!("linnet-rabbitmq-{}", std_process::id()));
            let _ = fs::remove_dir_all(&dir);
            fs::create_dir(&dir)?;
            let user = process::give(&dir, "rabbitmq")?;
            let [port, node_port, names_port] = free_ports()?;
            fs::write(dir.join("rabbitmq.conf"), format!("listeners.tcp.1 = 127.0.0.1:{port}\nlog.console = true\nlog.file = false\n"))?;
            fs::write(dir.join("plugins"), "[].")?;
            let log = fs::File::create(dir.join("log"))?;
            let epmd = process::find("epmd").context("Erlang is not installed")?;
            let names = process::tied_for(&epmd, user)
                .args(["-address", "127.0.0.1", "-port", &names_port.to_string()])
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log.try_clone()?)
                .spawn()?;
            let server = process::tied_for(&programs.join("rabbitmq-server"), user)
                .current_dir(&dir)
                // The cookie.
                .env("HOME", &dir)
                .env("ERL_EPMD_ADDRESS", "127.0.0.1")
                .env("ERL_EPMD_PORT", names_port.to_string())
                .env("RABBITMQ_NODENAME", format!("linnet-{}@localhost", std_process::id()))
                .env("RABBITMQ_DIST_PORT", node_port.to_string())
                // Not the machine's.
                .env("RABBITMQ_CONF_ENV_FILE", dir.join("none"))
                .env("RABBITMQ_CONFIG_FILE", dir.join("rabbitmq.conf"))
                .env("RABBITMQ_ENABLED_PLUGINS_FILE", dir.join("plugins"))
                .env("RABBITMQ_MNESIA_BASE", dir.join("data"))
                .env("RABBITMQ_LOG_BASE", dir.join("logs"))
                // The child is the node, and an interrupt ends it.
                .env("RUNNING_UNDER_SYSTEMD", "true")
                .env("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "+Bd -kernel inet_dist_use_interface {127,0,0,1}")
                .stdin(Stdio::null())
                .stdout(log.try_clone()?)
                .stderr(log)
                .spawn()?;
            let mut rabbitmq = Self { server, names, dir, port };
            let mut ended = false;
            // It listens when it is ready.
            process::eventually(Duration::from_mins(3), || {
                ended = matches!(rabbitmq.server.try_wait(), Ok(Some(_)));
                ended || TcpStream::connect(("127.0.0.1", port)).is_ok()
            });
            if ended || TcpStream::connect(("127.0.0.1", port)).is_err() {
                bail!("RabbitMQ did not start:\n{}", fs::read_to_string(rabbitmq.dir.join("log")).unwrap_or_default());
            }
            Ok(rabbitmq)
        })
    }

    /// URL of the node. Each test has queues of its own.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@127.0.0.1:{}/%2f", self.port)
    }
}

impl Drop for RabbitMq {
    fn drop(&mut self) {
        process::stop(&mut self.server);
        process::stop(&mut self.names);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn free_ports() -> Result<[u16; 3]> {
    // All are open at once, so that they differ.
    let open = [(); 3].map(|()| TcpListener::bind("127.0.0.1:0"));
    let mut ports = [0; 3];
    for (port, listener) in ports.iter_mut().zip(open) {
        *port = listener?.local_addr()?.port();
    }
    Ok(ports)
}
