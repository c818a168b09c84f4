// What a keeper feels and hears without looking: one long, two short, three low.

const plays = {
  good: { buzz: [80], tones: [[880, 0.12]] },
  again: { buzz: [40, 60, 40], tones: [[660, 0.08], [660, 0.08]] },
  bad: { buzz: [150, 80, 150], tones: [[220, 0.18], [180, 0.25]] },
};

let audio: AudioContext | null = null;

/** wake must be called from a tap: browsers play nothing before one. */
export function wake(): void {
  try {
    audio = audio || new AudioContext();
    void audio.resume();
  } catch {
    audio = null; // no sound on this device
  }
}

/** signal buzzes and sounds. */
export function signal(what: keyof typeof plays): void {
  const { buzz, tones } = plays[what];
  if (navigator.vibrate) navigator.vibrate(buzz);
  if (!audio || audio.state !== "running") return;
  let at = audio.currentTime;
  for (const [hertz, seconds] of tones as [number, number][]) {
    const tone = audio.createOscillator(), loud = audio.createGain();
    tone.frequency.value = hertz;
    loud.gain.setValueAtTime(0.3, at);
    loud.gain.exponentialRampToValueAtTime(0.01, at + seconds);
    tone.connect(loud);
    loud.connect(audio.destination);
    tone.start(at);
    tone.stop(at + seconds);
    at += seconds + 0.06;
  }
}
