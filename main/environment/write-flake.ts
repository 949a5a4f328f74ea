import { type Found, toolText } from '../core/environment/found.ts'
import { nixpkgsPin } from './detect/catalog.ts'

/**
 * The flake for what was found. Names of packages are the only words in it that may come from a repository, and those are checked to be
 * names; what else a repository wrote stands in comments, with whatever could end one taken out. Pure.
 */
export function writeFlake(alias: string, { tools, packages, doubts }: Found): string {
  const wanted = [
    ...tools.flatMap((tool) => {
      const wishing = new Set(tool.from.flatMap(({ path, wants }) => (wants === null ? [] : [path])))
      const told = tool.from.filter(({ path, wants }) => wants !== null || !wishing.has(path))
      const from = [...new Set(told.map(({ path, wants }) => (wants === null ? path : `${path} (${wants})`)))]
      const [first = '', ...others] = tool.packages
      return [line(first, `${toolText(tool)}: ${from.slice(0, 4).join(', ')}`), ...others.map((name) => line(name))]
    }),
    ...packages.map(({ name, from }) => line(name, from)),
  ]
  const told = doubts.map((doubt) => `# - ${comment(doubt, 240)}\n`).join('')
  return `# The tools of tasks on ${alias}, made by microvm-orchestrator from what the repository's files ask for.
# Edit it as you like: it is then left alone. microvm-orchestrator allow PATH --environment tools makes it again.
${told === '' ? '' : `#\n# To be looked at:\n${told}`}{
  description = "Tools for the tasks of ${alias}";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/${nixpkgsPin.rev}";

  outputs =
    { nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      shellFor =
        system:
        let
          pkgs = import nixpkgs {
            inherit system;
            config.allowUnfree = true;
          };
          missing = name: throw "nixpkgs has no \${name} for \${system}: take it out of environments/${alias}/flake.nix, or name another";
          need = name: lib.attrByPath (lib.splitString "." name) (missing name) pkgs;
        in
        pkgs.mkShell {
          packages = map need [
${wanted.join('\n')}
          ];
        };
    in
    {
      devShells = lib.genAttrs [
        "x86_64-linux"
        "aarch64-linux"
      ] (system: { default = shellFor system; });
    };
}
`
}

/** What the lock file of that flake holds. Pure. */
export function writeFlakeLock(): string {
  const { rev, narHash, lastModified } = nixpkgsPin
  const source = { type: 'github', owner: 'NixOS', repo: 'nixpkgs', rev } as const
  const nodes = {
    nixpkgs: { locked: { lastModified, narHash, ...source }, original: source },
    root: { inputs: { nixpkgs: 'nixpkgs' } },
  }
  return `${JSON.stringify({ nodes, root: 'root', version: 7 }, null, 2)}\n`
}

/** A name of a package in nixpkgs, and nothing that Nix would read as more. */
const packageName = /^[A-Za-z_][\w+-]*(\.[A-Za-z_][\w+-]*)*$/

function line(name: string, why?: string): string {
  if (!packageName.test(name)) throw new Error(`Not a name of nixpkgs: ${JSON.stringify(name)}`)
  return `            "${name}"${why === undefined ? '' : ` # ${comment(why, 120)}`}`
}

/** One line of plain letters and signs: a comment ends where its line does. */
const comment = (text: string, longest: number): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, longest)
