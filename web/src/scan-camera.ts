// The camera: the rear one, its lamp, and one small picture at a time.

/** Trouble is why there is no picture. */
export type Trouble = "denied" | "missing" | "busy" | "insecure";

type Frames = HTMLVideoElement & { requestVideoFrameCallback?: (callback: () => void) => number };

/** Camera shows itself in a video element and hands out pictures of it. */
export class Camera {
  private stream: MediaStream | null = null;
  private readonly canvas = document.createElement("canvas");

  constructor(private readonly video: HTMLVideoElement) {}

  /** open asks for the rear camera; it throws a Trouble. */
  async open(): Promise<void> {
    if (!navigator.mediaDevices || !navigator.mediaDevices.getUserMedia) throw (isSecureContext ? "missing" : "insecure") as Trouble;
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: false,
        video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 15, max: 30 } },
      });
    } catch (err) {
      const name = (err as DOMException).name;
      throw (name === "NotAllowedError" || name === "SecurityError" ? "denied" : name === "NotFoundError" || name === "OverconstrainedError" ? "missing" : "busy") as Trouble;
    }
    this.video.srcObject = this.stream;
    await this.video.play();
  }

  /** close lets the camera go, and its lamp. */
  close(): void {
    for (const track of this.stream ? this.stream.getTracks() : []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /** isOpen says whether pictures come. */
  get isOpen(): boolean {
    return this.stream !== null;
  }

  /** hasLamp says whether the camera has a lamp that a page may light. */
  get hasLamp(): boolean {
    const track = this.track();
    return !!track && !!track.getCapabilities && "torch" in track.getCapabilities();
  }

  /** light turns the lamp on or off. */
  async light(on: boolean): Promise<void> {
    const track = this.track();
    if (track) await track.applyConstraints({ advanced: [{ torch: on } as MediaTrackConstraintSet] });
  }

  private track(): MediaStreamTrack | undefined {
    return this.stream ? this.stream.getVideoTracks()[0] : undefined;
  }

  /** frame waits for the next picture, and a second at most. */
  frame(): Promise<void> {
    const video = this.video as Frames;
    return new Promise((resolve) => {
      const late = setTimeout(resolve, 1000);
      const done = () => {
        clearTimeout(late);
        resolve();
      };
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(done);
      else requestAnimationFrame(done);
    });
  }

  /** picture is the middle square at full sharpness, up to sidePx on a side, or the whole view made small. */
  picture(sidePx: number, whole: boolean): ImageData | null {
    const { videoWidth: w, videoHeight: h } = this.video;
    if (!w || !h) return null;
    const cutW = whole ? w : Math.min(w, h), cutH = whole ? h : cutW;
    const scale = Math.min(1, sidePx / Math.max(cutW, cutH));
    return draw(this.canvas, this.video, (w - cutW) / 2, (h - cutH) / 2, cutW, cutH, scale);
  }
}

function draw(canvas: HTMLCanvasElement, from: CanvasImageSource, x: number, y: number, w: number, h: number, scale: number): ImageData {
  canvas.width = Math.round(w * scale);
  canvas.height = Math.round(h * scale);
  const pen = canvas.getContext("2d", { willReadFrequently: true })!;
  pen.drawImage(from, x, y, w, h, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** pictureOf makes a file of the photo album small enough to read; it throws when the file is no picture. */
export async function pictureOf(file: File, sidePx: number): Promise<ImageData> {
  const bitmap = await createImageBitmap(file);
  const scale = Math.min(1, sidePx / Math.max(bitmap.width, bitmap.height));
  const image = draw(document.createElement("canvas"), bitmap, 0, 0, bitmap.width, bitmap.height, scale);
  bitmap.close();
  return image;
}
