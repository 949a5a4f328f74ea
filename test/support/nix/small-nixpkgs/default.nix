# The packages that packages.json names, below each other as in nixpkgs. Each has one program of its name, which says that it is of here. Nothing
# but the guest's own bash is needed to build them.
{ system, config }:
assert config.allowUnfree;
let
  bash = "/bin/bash";
  package =
    name:
    derivation {
      inherit name system;
      builder = bash;
      args = [
        "-c"
        ''
          /bin/mkdir -p $out/bin
          printf '#!${bash}\necho "${name} of the small nixpkgs: $*"\n' >$out/bin/${name}
          /bin/chmod +x $out/bin/${name}
          # Nix ends a builder that closes its output, as chmod does before it ends; bash does not.
          exit 0
        ''
      ];
    };
  packagesOf = builtins.mapAttrs (
    name: below: if below == null then package name else packagesOf below
  );
in
packagesOf (builtins.fromJSON (builtins.readFile ./packages.json))
// {
  mkShell =
    { packages }:
    derivation {
      name = "shell";
      inherit system;
      builder = bash;
      args = [
        "-c"
        ": >$out"
      ];
      outputs = [ "out" ];
      PATH = builtins.concatStringsSep ":" (map (each: "${each}/bin") packages);
    };
}
