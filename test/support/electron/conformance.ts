import type { EventEmitter } from 'node:events'

/**
 * Where the stand-in differs from Electron in its types, as paths such as `app.getPath`; never where it does not. The stand-in may have less
 * than Electron, and nothing that Electron has not: each member of it takes what Electron's takes, and answers what Electron's may answer.
 */
export type Differences<Ours, Theirs> = {
  [Name in keyof Ours & string]: Name extends keyof Theirs
    ? Differs<Ours[Name], Theirs[Name], Name, [1, 1, 1, 1]>
    : `${Name} is not Electron's`
}[keyof Ours & string]

type Differs<Ours, Theirs, Path extends string, Depth extends readonly unknown[]> = Depth extends readonly [
  unknown,
  ...infer Less,
]
  ? // Methods first: to the compiler, one that takes less than it has to is assignable all the same.
    Ours extends Class
    ? Theirs extends Class
      ?
          | Differs<InstanceType<Ours>, InstanceType<Theirs>, Path, Less>
          | Members<Ours, Theirs, Path, Less>
          | (ConstructorParameters<Ours> extends ConstructorParameters<typeof EventEmitter>
              ? never // It has no constructor of its own.
              : Takes<ConstructorParameters<Ours>, ConstructorParameters<Theirs>, `new ${Path}`, Less>)
      : `${Path} is a class`
    : Ours extends Callable
      ? Theirs extends Callable
        ?
            | Takes<Parameters<Ours>, Parameters<Theirs>, Path, Less>
            | Answers<ReturnType<Ours>, ReturnType<Theirs>, `${Path}()`, Less>
        : // biome-ignore lint/complexity/noBannedTypes: Electron says no more of some
          Theirs extends Function
          ? never // Of which nothing more is said.
          : `${Path} is a function`
      : Answers<Ours, Theirs, Path, Less>
  : never

type Answers<Ours, Theirs, Path extends string, Depth extends readonly unknown[]> = [Ours] extends [Theirs]
  ? never
  : [Ours] extends [Promise<infer Our>]
    ? [Theirs] extends [Promise<infer Their>]
      ? Answers<Our, Their, Path, Depth>
      : `${Path} is a promise`
    : [Ours] extends [readonly (infer Our)[]]
      ? [Theirs] extends [readonly (infer Their)[]]
        ? Answers<Our, Their, Path, Depth>
        : `${Path} is a list`
      : [NonNullable<Ours>] extends [object]
        ? [Extract<Ours, null | undefined>] extends [Theirs]
          ? Members<NonNullable<Ours>, NonNullable<Theirs>, Path, Depth>
          : `${Path} may be nothing`
        : Path

type Members<Ours, Theirs, Path extends string, Depth extends readonly unknown[]> = {
  [Name in Exclude<keyof Ours, keyof EventEmitter | 'prototype' | `_${string}`> & string]: Name extends keyof Theirs
    ? Differs<Ours[Name], Theirs[Name], `${Path}.${Name}`, Depth>
    : `${Path}.${Name} is not Electron's`
}[Exclude<keyof Ours, keyof EventEmitter | 'prototype' | `_${string}`> & string]

/** Each parameter of ours has to take what Electron's takes; those that ours leaves out it does not look at. */
type Takes<
  Ours extends readonly unknown[],
  Theirs extends readonly unknown[],
  Path extends string,
  Depth extends readonly unknown[],
> =
  Required<Ours> extends readonly [infer Our, ...infer OurRest]
    ? Required<Theirs> extends readonly [infer Their, ...infer TheirRest]
      ? Accepts<Our, Their, `${Path}(…)`, Depth> | Takes<OurRest, TheirRest, Path, Depth>
      : `${Path} takes too many`
    : never

/** What ours looks at in a parameter is there in Electron's, and ours takes all that it can be. */
type Accepts<Our, Their, Path extends string, Depth extends readonly unknown[]> = Depth extends readonly [
  unknown,
  ...infer Less,
]
  ? [Their] extends [Our]
    ? never
    : [NonNullable<Our>] extends [Callable]
      ? never // Called by the stand-in, with what its own class is held to.
      : [Our, Their] extends [readonly (infer OurPart)[], readonly (infer TheirPart)[]]
        ? Accepts<OurPart, TheirPart, Path, Depth>
        : [Exclude<Their, object>] extends [Our]
          ? Looks<Extract<Our, object>, Extract<Their, object>, Path, Less>
          : Path
  : never

type Looks<Our, Their, Path extends string, Depth extends readonly unknown[]> = [Our] extends [never]
  ? Path
  : {
      [Name in Exclude<keyof Our, keyof EventEmitter | `_${string}`> & string]: Name extends keyof Their
        ? Accepts<Our[Name], Their[Name], `${Path}.${Name}`, Depth>
        : `${Path}.${Name} is not Electron's`
    }[Exclude<keyof Our, keyof EventEmitter | `_${string}`> & string]

// biome-ignore lint/suspicious/noExplicitAny: any function, any class
type Callable = (...given: any[]) => unknown
// biome-ignore lint/suspicious/noExplicitAny: any function, any class
type Class = abstract new (...given: any[]) => unknown
