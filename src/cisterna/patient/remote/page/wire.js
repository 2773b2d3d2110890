/* One frame to the relay and one back. What went wrong on the way is a value, never an exception. */

/** {text} of the answer, or {lost: "offline" | "silent"}: nothing is known of what happened. */
export async function exchange(serial, frame, patienceMs) {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), patienceMs);
  try {
    const answer = await fetch(`link/${encodeURIComponent(serial)}`, {
      method: "POST",
      headers: { "Content-Type": "application/octet-stream" },
      body: new TextEncoder().encode(frame),
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
