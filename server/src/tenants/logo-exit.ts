/** How the program that draws a logo ends when it can't; 0 is done. Apart from it: whoever starts it must not load its decoders. */
export const EXIT = { unreadable: 1, unsupported: 2, tooManyPixels: 3 } as const;
