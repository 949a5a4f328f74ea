import type { Problem } from '../driver.ts'
import { guestSystem, type NixHost } from './nix-host.ts'

/** What this host lacks to build the guest with nix. Pure. @param nix undefined where there is none. */
export function nixProblems(nix: NixHost | undefined, system: string): readonly Problem[] {
  if (nix === undefined) {
    return [
      {
        code: 'nix-missing',
        message: 'Nix is missing; it builds the guest, and brings vfkit, which runs it',
        cure: 'Install it: https://nixos.org/download (2.4 or newer), then open a new terminal',
      },
    ]
  }
  if (isOld(nix.version)) {
    return [
      {
        code: 'nix-old',
        message: `Nix ${nix.version} is too old; 2.4 is the oldest with flakes`,
        cure: 'Upgrade it: sudo -i nix upgrade-nix',
      },
    ]
  }
  const problems: Problem[] = []
  if (!nix.buildsGuests) {
    problems.push({
      code: 'linux-builder-missing',
      message: `This Nix has no builder for ${guestSystem(system)}, and the guest is Linux`,
      cure: 'With nix-darwin: nix.linux-builder.enable = true, then darwin-rebuild switch. Without: nix run nixpkgs#darwin.linux-builder',
    })
  }
  if (!nix.flakes) {
    problems.push({
      code: 'flakes-off',
      message:
        'Flakes are off for your own nix commands; tasks and the guest have them on, but your flake.nix may need a lock',
      cure: 'Add "experimental-features = nix-command flakes" to ~/.config/nix/nix.conf',
      optional: true,
    })
  }
  return problems
}

function isOld(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < 2 || (major === 2 && minor < 4)
}
