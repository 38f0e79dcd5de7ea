// Keeps the screen on while the door is shown, and makes the optional sound of a verdict.

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;
/** @type {AudioContext | null} */
let audio = null;

/** @param {boolean} on */
export function keepAwake(on) {
  wanted = on;
  if (on) return void acquire();
  void lock?.release();
  lock = null;
}

async function acquire() {
  if (!wanted || document.hidden || (lock && !lock.released)) return;
  try {
    lock = (await navigator.wakeLock?.request("screen")) ?? null;
  } catch {
    // A device that is low on power refuses: the door works all the same.
  }
}

// The browser takes the lock back whenever the page is out of sight.
document.addEventListener("visibilitychange", () => void acquire());

/** @param {boolean} good a rising pair of tones; else a low one */
export function beep(good) {
  audio ??= new AudioContext();
  void audio.resume();
  for (const [index, frequency] of (good ? [660, 880] : [220]).entries()) {
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    const at = audio.currentTime + index * 0.12;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.2, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.25);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.25);
  }
}
