// A type with each enum replaced by the values that stand for it in JSON.
export type Plain<T> = T extends string
  ? `${T}`
  : T extends number
    ? number extends T
      ? T
      : `${T}` extends `${infer N extends number}`
        ? N
        : never
    : T extends (infer I)[]
      ? Plain<I>[]
      : T extends object
        ? { [K in keyof T]: Plain<T[K]> }
        : T;
