/**
 * The name under which some file system finds this path: case, composition and code points that are not seen make no difference
 * there. Characters that end a line become one that patterns match. Pure.
 */
export const foldPath = (path: string): string =>
  path
    .replaceAll(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKD')
    .toLowerCase()
    .normalize('NFKD')
    .replaceAll(/[\p{Cc}\u2028\u2029]/gu, '_')
