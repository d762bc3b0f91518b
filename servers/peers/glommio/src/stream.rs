//! What hyper asks of a runtime: something to read and write, and somewhere to run its tasks.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_lite::{AsyncRead, AsyncWrite};
use glommio::net::TcpStream;
use hyper::rt::{Executor, Read, ReadBufCursor, Write};

pub struct TcpForHyper(pub TcpStream);

impl Read for TcpForHyper {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        mut buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        // SAFETY: glommio hands these bytes to recv(), which reads none of them and has written as
        // many as it returns.
        unsafe {
            let unfilled = &mut *(buffer.as_mut() as *mut [_] as *mut [u8]);
            let bytes = ready!(Pin::new(&mut self.0).poll_read(context, unfilled))?;
            buffer.advance(bytes);
        }
        Poll::Ready(Ok(()))
    }
}

impl Write for TcpForHyper {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_close(context)
    }
}

/// hyper makes each call a task of its own, beside that of its connection. Here it waits in line,
/// as Tokio has it: glommio's spawn_local() would run it at once, inside its connection's poll,
/// which then sends every answer by itself.
#[derive(Clone)]
pub struct OnThisThread;

impl<Task: Future<Output = ()> + 'static> Executor<Task> for OnThisThread {
    fn execute(&self, task: Task) {
        let queue = glommio::executor().current_task_queue();
        glommio::spawn_local_into(task, queue).unwrap().detach();
    }
}
