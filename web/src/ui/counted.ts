const format = new Intl.NumberFormat();

/** "1,204" */
export const number = (count: number) => format.format(count);

/** "1 person", "1,204 people". */
export const counted = (count: number, one: string, many: string) => `${number(count)} ${count === 1 ? one : many}`;

export const people = (count: number) => counted(count, "person", "people");
