//! The text of an archive of PostgreSQL, on its way to a server.

use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWrite, AsyncWriteExt as _};

/// Begins a transaction that replaces schema `public`; whoever calls ends it.
pub(super) async fn feed(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<()> {
    to.write_all(b"begin;\ndrop schema public cascade;\ncreate schema public;\n").await?;
    feed_settings(from, to).await?;
    tokio::io::copy_buf(from, to).await?;
    Ok(())
}

// `pg_restore` of 17 says this to every server, and one before 17 does not know it.
const SINCE_17: &[u8] = b"SET transaction_timeout = 0;\n";
const WHERE_KNOWN: &[u8] = b"select set_config(name, '0', false) from pg_settings where name = 'transaction_timeout';\n";

// What is set stands before the first table: nothing after it is looked at, since rows may say anything.
async fn feed_settings(from: &mut (impl AsyncBufRead + Unpin), to: &mut (impl AsyncWrite + Unpin)) -> anyhow::Result<()> {
    let mut line = Vec::new();
    while !line.starts_with(b"CREATE ") {
        line.clear();
        if from.read_until(b'\n', &mut line).await? == 0 {
            break;
        }
        to.write_all(if line == SINCE_17 { WHERE_KNOWN } else { &line }).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use tokio::io::BufReader;

    use super::*;

    #[tokio::test]
    async fn a_setting_that_an_older_server_does_not_know_is_made_where_it_is_known() {
        let text = b"SET lock_timeout = 0;\nSET transaction_timeout = 0;\nCREATE TABLE public.t (x text);\nCOPY public.t (x) FROM stdin;\nSET transaction_timeout = 0;\n\\.\n";
        let mut fed = Vec::new();
        feed(&mut BufReader::new(&text[..]), &mut fed).await.unwrap();
        let fed = String::from_utf8(fed).unwrap();
        let (settings, rows) = fed.split_once("CREATE TABLE").unwrap();
        assert!(
            settings.ends_with(
                "SET lock_timeout = 0;\nselect set_config(name, '0', false) from pg_settings where name = 'transaction_timeout';\n"
            ),
            "{fed}"
        );
        assert!(rows.ends_with("FROM stdin;\nSET transaction_timeout = 0;\n\\.\n"), "{fed}");
    }
}
