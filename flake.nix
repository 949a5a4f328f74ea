{
  description = "Runs many coding agents at once, each alone in a microVM on its own clone of a repository";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      each =
        make:
        nixpkgs.lib.genAttrs [ "aarch64-darwin" "aarch64-linux" "x86_64-linux" ] (
          system: make nixpkgs.legacyPackages.${system}
        );
    in
    {
      packages = each (pkgs: rec {
        microvm-orchestrator = pkgs.callPackage ./packaging/nix/package.nix { };
        default = microvm-orchestrator;
      });

      nixosModules.default = import ./packaging/nix/nixos-module.nix self;
      darwinModules.default = import ./packaging/nix/darwin-module.nix self;

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.git
            pkgs.nodejs_24
          ];
        };
      });
    };
}
