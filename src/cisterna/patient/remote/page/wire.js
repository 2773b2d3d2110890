/* One frame to the relay and one back. What went wrong on the way is a value, never an exception. */

/** {text} of the answer, or {lost: "offline" | "silent"}: nothing is known of what happened.
    A knock goes before the frame, in case the pump has to be woken. */
export async function exchange(serial, frame, patienceMs, knock = null) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), patienceMs);
  try {
    const answer = await fetch(`link/${encodeURIComponent(serial)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: new TextEncoder().encode(knock ? `${knock}\n${frame}` : frame),
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: limit.signal,
    });
    if (!answer.ok) return { lost: "silent" };
    return { text: await answer.text() };
  } catch {
    return { lost: limit.signal.aborted ? "silent" : "offline" };
  } finally {
    clearTimeout(timer);
  }
}
