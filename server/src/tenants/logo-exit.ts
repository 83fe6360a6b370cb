/** Exit codes of logo-painter.ts; 0 means success. In a separate file, so that the server does not load the painter's decoders. */
export const EXIT = {
  unreadable: 1,
  unsupported: 2,
  tooManyPixels: 3,
  embedsImage: 4,
  showsNothing: 5,
  tooNarrow: 6,
  tooMuchWork: 7,
} as const;

/** Makes the painter exit with this code. */
export class Unpaintable extends Error {
  override name = "Unpaintable";
  readonly code: number;
  constructor(code: number) {
    super(`exit ${code}`);
    this.code = code;
  }
}
