// Draws the wave of an <audio> in a task and lets it be walked by keyboard; the browser's own player stays in place.
import WaveSurfer from "wavesurfer.js";

const STEP_SECONDS = 2;
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

for (const audio of document.querySelectorAll("audio[data-wave]")) {
  const frame = document.createElement("div");
  frame.className = "wave";
  audio.before(frame);
  const wave = WaveSurfer.create({
    container: frame,
    media: audio,
    height: 72,
    waveColor: colour("--edge"),
    progressColor: colour("--accent"),
    cspNonce: document.querySelector("meta[name=csp-nonce]")?.content,
  });
  // Without the wave (a format that cannot be decoded, a host that forbids it) the player still plays.
  wave.on("error", () => frame.remove());
  audio.addEventListener("keydown", (event) => {
    if (event.key === "ArrowLeft") wave.skip(-STEP_SECONDS);
    else if (event.key === "ArrowRight") wave.skip(STEP_SECONDS);
    else return;
    event.preventDefault();
  });
}
