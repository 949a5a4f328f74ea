# What the host needs to start this guest, as one JSON file. Building it builds the guest; it serves every slot and every task.
# main/machines/nix-guest/manifest.ts reads it.
{
  lib,
  config,
  hostPackages,
  revision,
}:
let
  inherit (config) microvm;
  inherit (config.microvm-guest) shares volumes claudeVersion;
  mac = microvm.hypervisor == "vfkit";

  manifest = {
    schemaVersion = 1;
    inherit (microvm) hypervisor;
    kernel = "${microvm.kernel}/${config.system.boot.loader.kernelFile}";
    initrd = microvm.initrdPath;
    inherit (microvm) storeDisk;
    kernelVersion = config.boot.kernelPackages.kernel.version;
    # With `init=` and the list of what the store disk holds: paths inside the guest, which the host need not have.
    kernelParams = map builtins.unsafeDiscardStringContext ([ "console=hvc0" ] ++ microvm.kernelParams);
    vcpu = microvm.vcpu;
    memoryMiB = microvm.mem;
    inherit shares volumes claudeVersion;
    rosettaTag = if mac then config.virtualisation.rosetta.mountTag else null;
    # Programs of the host, as new as the guest.
    tools = lib.optionalAttrs mac {
      vfkit = lib.getExe (import ./vfkit.nix { inherit (hostPackages) vfkit; });
      socat = lib.getExe hostPackages.socat;
    };
    source.nixpkgs = revision;
  };
in
hostPackages.writeText "microvm-guest-manifest.json" (builtins.toJSON manifest)
