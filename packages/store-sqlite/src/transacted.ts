/** A store's methods, each as a function to be run inside one transaction. */
export type Transacted<Methods> = {
  readonly [Name in keyof Methods]: Methods[Name] extends (...a: infer A) => Promise<infer R>
    ? (...a: A) => R
    : never;
};
