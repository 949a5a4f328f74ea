{
  description = "The NixOS guest of microvm-orchestrator";

  inputs = {
    nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";
    # Only its NixOS modules are used, so its own inputs stay out of the lock file.
    microvm = {
      url = "github:microvm-nix/microvm.nix";
      flake = false;
    };
  };

  outputs =
    { self, nixpkgs, microvm }:
    let
      inherit (nixpkgs) lib;

      # What each host runs its guests with, and what those guests are.
      hosts = {
        aarch64-darwin = {
          hypervisor = "vfkit";
          guest = "aarch64-linux";
        };
        aarch64-linux = {
          hypervisor = "qemu";
          guest = "aarch64-linux";
        };
        x86_64-linux = {
          hypervisor = "qemu";
          guest = "x86_64-linux";
        };
      };

      guestOf =
        host:
        { hypervisor, guest }:
        lib.nixosSystem {
          modules = [
            "${microvm}/nixos-modules/microvm"
            ./guest.nix
            {
              nixpkgs.hostPlatform = guest;
              microvm = {
                inherit hypervisor;
                vmHostPackages = nixpkgs.legacyPackages.${host};
              };
            }
          ];
        };

      guests = lib.mapAttrs guestOf hosts;
    in
    {
      nixosConfigurations = {
        guest-aarch64 = guests.aarch64-darwin;
        guest-x86_64 = guests.x86_64-linux;
      };

      packages = lib.mapAttrs (
        host: guest:
        let
          hostPackages = nixpkgs.legacyPackages.${host};
        in
        rec {
          manifest = import ./manifest.nix {
            inherit lib hostPackages;
            inherit (guest) config;
            revision = nixpkgs.rev or null;
          };
          default = manifest;
        }
        // lib.optionalAttrs (guest.config.microvm.hypervisor == "vfkit") {
          vfkit = import ./vfkit.nix { inherit (hostPackages) vfkit; };
        }
      ) guests;
    };
}
