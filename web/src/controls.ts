// Day, window and play: the page's GET form, answered in place.

import { icon, make } from "./dom";
import { shownDay, Texts } from "./format";

const playIcon = "M7 4v16l13-8z";
const earlierIcon = "M15.5 4 7.5 12l8 8 1.8-1.8-6.2-6.2 6.2-6.2z";
const laterIcon = "M8.5 4l8 8-8 8-1.8-1.8 6.2-6.2-6.2-6.2z";
const pauseIcon = "M6 4h4v16H6zM14 4h4v16h-4z";
const stepMs = 800; // a day at single speed

/** Controls owns the form.map-controls. first and last are day numbers. */
export class Controls {
  day: number;
  window: string; // "1", "7", "14" or "total"
  private playing = 0;
  private speed = 1;
  private readonly slider: HTMLInputElement | null;
  private readonly output: HTMLOutputElement | null;
  private readonly button = make("button", { type: "button", class: "btn day-play" });

  constructor(
    private readonly form: HTMLFormElement,
    private readonly texts: Texts,
    private first: number,
    private last: number,
    start: { day: number; window: string },
    private readonly changed: () => void,
  ) {
    this.day = start.day;
    this.window = start.window;
    this.slider = form.querySelector<HTMLInputElement>('input[name="day_offset"]');
    this.output = form.querySelector("output");
    this.listen();
    this.addPlay();
    this.range(first, last);
  }

  /** following reports whether the slider stands at the last day: then it goes along when a day is added. */
  following(): boolean {
    return !(this.day < this.last);
  }

  /** range takes new first and last days; the slider is not shown while there are none. */
  range(first: number, last: number): void {
    const days = this.form.querySelector<HTMLElement>(".day-slider");
    if (days) days.hidden = !(first > 0 && last > first);
    const follow = this.following();
    this.first = first;
    this.last = last;
    this.day = follow ? last : Math.max(first, Math.min(this.day, last));
    if (this.slider) {
      this.slider.min = "0";
      this.slider.max = String(last - first);
    }
    this.show();
  }

  private listen(): void {
    this.form.addEventListener("submit", (event) => event.preventDefault());
    for (const plain of Array.from(this.form.querySelectorAll<HTMLElement>("[data-nojs]"))) plain.hidden = true;
    this.form.addEventListener("change", (event) => {
      const field = event.target as HTMLSelectElement;
      if (field.name === "window") {
        this.window = field.value;
        this.changed();
      }
      if (field.name === "level" || field.name === "edition") this.form.submit();
    });
    if (!this.slider) return;
    this.slider.addEventListener("input", () => {
      this.pause();
      this.go(this.first + Number(this.slider!.value));
    });
  }

  private go(day: number): void {
    this.day = day;
    this.show();
    this.changed();
  }

  private show(): void {
    const text = shownDay(this.day);
    if (this.output) this.output.textContent = text;
    if (!this.slider) return;
    this.slider.value = String(this.day - this.first);
    this.slider.setAttribute("aria-valuetext", text);
  }

  private addPlay(): void {
    const box = this.form.querySelector(".day-slider");
    if (!box || !this.slider) return;
    this.button.addEventListener("click", () => (this.playing ? this.pause() : this.play()));
    const step = (by: number, path: string, text: string) => {
      const button = make("button", { type: "button", class: "btn day-step", "aria-label": this.texts.get(text), title: this.texts.get(text) });
      button.appendChild(icon(path));
      button.addEventListener("click", () => {
        this.pause();
        this.go(Math.max(this.first, Math.min(this.day + by, this.last)));
      });
      return button;
    };
    const speed = make("button", { type: "button", class: "btn btn-quiet day-speed" });
    const name = () => {
      speed.textContent = this.speed + "×";
      speed.setAttribute("aria-label", this.texts.get("speed") + " " + this.speed + "×");
    };
    speed.addEventListener("click", () => {
      this.speed = this.speed < 4 ? this.speed * 2 : 1;
      name();
      if (this.playing) this.play();
    });
    name();
    box.insertBefore(this.button, box.firstChild);
    box.insertBefore(step(-1, earlierIcon, "earlier"), this.output);
    box.appendChild(step(1, laterIcon, "later"));
    box.appendChild(speed);
    this.pause();
  }

  private play(): void {
    clearInterval(this.playing);
    if (this.following()) this.go(this.first);
    this.playing = window.setInterval(() => {
      this.go(Math.min(this.day + 1, this.last));
      if (this.following()) this.pause();
    }, stepMs / this.speed);
    this.face(pauseIcon, "pause");
  }

  private pause(): void {
    clearInterval(this.playing);
    this.playing = 0;
    this.face(playIcon, "play");
  }

  private face(path: string, text: string): void {
    this.button.textContent = "";
    this.button.appendChild(icon(path));
    this.button.setAttribute("aria-label", this.texts.get(text));
  }
}
