// Hears a person's events with the TypeScript client until one of them, and prints their numbers:
// node hear.mjs CLIENT LAST TOKEN PORT... One line for each ticket's status, and one for each event.

const [client, last, token, ...ports] = process.argv.slice(2);
const { Cut, Stream, StreamEnded } = await import(client);

let tries = 0;

async function door() {
  const port = ports[tries++ % ports.length];
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/stream/tickets`, {
      method: "POST",
      headers: { Authorization: `Bearer ${token}` },
    });
    const { ticket } = await answer.json();
    console.log(`ticket ${answer.status}`);
    if (ticket) return { url: `ws://127.0.0.1:${port}/v1/stream`, ticket };
  } catch {
    // Cut before or within the answer: the same as refused, to be tried again.
  }
  throw new Cut();
}

const stream = new Stream(door, { device: "phone", n: 0 });
try {
  for await (const item of stream.events()) {
    console.log(`${item.frame} ${item.n}`);
    if (item.n === Number(last)) break;
  }
} catch (error) {
  if (!(error instanceof StreamEnded)) throw error;
  console.log(`ended ${error.code}`);
}
