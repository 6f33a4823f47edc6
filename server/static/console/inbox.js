// The answer to a follower: a saved wording is put where the cursor stands, the room left is told,
// and the chat shows its end.
"use strict";

(() => {
  const field = document.querySelector("[data-room]");
  const told = document.getElementById("room-told");
  const encoder = new TextEncoder();

  function tell() {
    const left = Math.floor((Number(field.dataset.room) - encoder.encode(field.value).length) / 3);
    told.textContent = left >= 0 ? `还可写约 ${left} 个字` : `超出约 ${-left} 个字，发不出去`;
    told.classList.toggle("text-danger", left < 0);
  }

  if (field && told) {
    field.addEventListener("input", tell);
    tell();
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-insert]");
    if (!button || !field) return;
    const before = field.value.slice(0, field.selectionStart);
    const after = field.value.slice(field.selectionEnd);
    const gap = before && !before.endsWith("\n") ? "\n" : "";
    field.value = before + gap + button.dataset.insert + after;
    field.focus();
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  const chat = document.querySelector(".chat");
  if (chat) chat.scrollTop = chat.scrollHeight;
})();
