{
  description = "As much of nixpkgs as it takes to evaluate the guest: its own lib (put beside this file), packages that are only names, options that are only types";

  outputs = _: {
    lib = (import ./lib) // {
      nixosSystem = { modules }: (import ./lib).evalModules { modules = modules ++ [ ./nixos.nix ]; };
    };
    legacyPackages = (import ./lib).genAttrs [ "aarch64-darwin" "aarch64-linux" "x86_64-linux" ] (
      system: import ./packages.nix { inherit system; }
    );
  };
}
