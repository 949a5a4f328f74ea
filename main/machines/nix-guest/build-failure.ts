import { AppError } from '../../core/failure.ts'

/** What nix says, across its versions, and what to do about it. The first that fits counts. */
const known: readonly { readonly says: RegExp; readonly message: string; readonly hint: string }[] = [
  {
    says: /experimental (?:Nix )?feature '(?:flakes|nix-command)' is disabled/,
    message: 'Flakes are not enabled in this Nix',
    hint: 'Add "experimental-features = nix-command flakes" to ~/.config/nix/nix.conf',
  },
  {
    says: /unrecognised flag '--extra-experimental-features'|'build' is not a recognised command/,
    message: 'This Nix is too old; 2.4 is the oldest with flakes',
    hint: 'Upgrade it: sudo -i nix upgrade-nix',
  },
  {
    says: /cannot connect to (?:socket|daemon) at|error: opening a connection to the Nix daemon/i,
    message: "Nix's daemon does not answer",
    hint: 'Start it: sudo launchctl kickstart -k system/org.nixos.nix-daemon',
  },
  {
    says: /cannot build on 'ssh|failed to start SSH connection|unable to open SSH connection|ssh: connect to host .*linux-builder/,
    message: 'The Linux builder of this Nix does not answer',
    hint: 'Start it: sudo launchctl kickstart -k system/org.nixos.linux-builder; its log is /var/lib/linux-builder or Console',
  },
  {
    says: /required system or feature not available|a '(?:aarch64|x86_64)-linux' with features .* is required to build/,
    message: 'This Nix has no Linux builder, and the guest is Linux',
    hint: 'With nix-darwin: set nix.linux-builder.enable = true and run darwin-rebuild switch; see microvm-orchestrator doctor',
  },
  {
    says: /No space left on device/,
    message: 'The disk is full',
    hint: 'Free about 10 GB; nix-collect-garbage gives back what nothing uses',
  },
  {
    says: /unable to download|[Cc]ould ?n[o']t resolve host|Failed to connect to|Network is unreachable/,
    message: 'The sources of the guest cannot be downloaded',
    hint: "Check this host's network, then try again",
  },
]

/** Why a build of the guest failed. Pure. @param output all that nix wrote. */
export function buildFailure(output: string, logPath: string): AppError {
  const lines = output.trim().split('\n')
  const last = lines.slice(-8).join('\n')
  const reason = known.find(({ says }) => says.test(output))
  if (reason) {
    return new AppError(
      'image-failed',
      `${reason.message}:\n${lines
        .filter((line) => reason.says.test(line))
        .at(-1)
        ?.trim()}`,
      {
        hint: reason.hint,
      },
    )
  }
  return new AppError('image-failed', `nix-build failed:\n${last || 'It said nothing.'}`, {
    hint: `The whole log is ${logPath}`,
  })
}
