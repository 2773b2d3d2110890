// What is left of a watch, on the clinic's clock as it was when the page was made; and a scanner's Enter.

for (const timer of document.querySelectorAll("[data-until]")) {
  const until = Date.parse(timer.dataset.until);
  const offset = Date.parse(timer.dataset.now) - performance.now();
  const left = timer.querySelector("[data-left]");
  const over = left.dataset.over || "The time is over: look at her now.";
  const show = () => {
    const seconds = Math.ceil((until - offset - performance.now()) / 1000);
    const minutes = Math.floor(seconds / 60);
    const words = minutes >= 60 ? `${Math.floor(minutes / 60)} h ${minutes % 60} min left` : `${minutes} min ${String(seconds % 60).padStart(2, "0")} s left`;
    const text = seconds > 0 ? words : over;
    if (left.textContent !== text) left.textContent = text;
    timer.classList.toggle("over", seconds <= 0);
    if (seconds <= 0 && !timer.dataset.told) {
      timer.dataset.told = "1";
      left.setAttribute("role", "status");
    }
  };
  show();
  setInterval(show, 1000);
}

// The cursor stands in the first field, so that a refill goes by keys alone.
const first = document.querySelector(".now form input:not([type=hidden]), .now form select, .now form textarea");
if (first && !document.querySelector(".refused, .moved")) first.focus({ preventScroll: true });
const wrong = document.querySelector(".wrong input, .wrong select, .wrong textarea");
if (wrong) wrong.focus();
