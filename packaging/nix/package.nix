# The command line and its server, with the window for a browser; the app of the menu bar is no part of it.
{
  lib,
  stdenv,
  buildNpmPackage,
  importNpmLock,
  makeWrapper,
  nodejs_24,
  # what tasks need of their host
  git,
  socat,
  # of Linux
  cpio,
  erofs-utils,
  iproute2,
  mmdebstrap,
  passt,
  qemu_kvm,
  virtiofsd,
  # of macOS
  vfkit,
}:
let
  root = ../..;
  manifest = lib.importJSON (root + "/package.json");
  lock = lib.importJSON (root + "/package-lock.json");

  # The lock file leaves out where packages are, since all of them come from npm's registry (test/project/lock-file.test.ts). Those without a hash
  # are builds of the linter for other systems, which npm passes over.
  located =
    path: entry:
    let
      name = lib.last (lib.splitString "node_modules/" path);
    in
    if entry ? integrity then
      entry // { resolved = "https://registry.npmjs.org/${name}/-/${baseNameOf name}-${entry.version}.tgz"; }
    else
      entry;

  ofHost =
    if stdenv.hostPlatform.isDarwin then
      [ (import (root + "/nix/vfkit.nix") { inherit vfkit; }) ]
    else
      [
        cpio
        erofs-utils
        iproute2
        mmdebstrap
        passt
        qemu_kvm
        virtiofsd
      ];
in
buildNpmPackage {
  pname = manifest.name;
  inherit (manifest) version;

  src = lib.fileset.toSource {
    inherit root;
    fileset = lib.fileset.unions (
      map (name: root + "/${name}") [
        "LICENSE"
        "README.md"
        "docs"
        "main"
        "nix"
        "package-lock.json"
        "package.json"
        "preload"
        "renderer"
        "tsconfig.json"
        "vite.config.ts"
      ]
    );
  };

  nodejs = nodejs_24;
  nativeBuildInputs = [ makeWrapper ];
  npmDeps = importNpmLock {
    package = manifest;
    packageLock = lock // {
      packages = lib.mapAttrs located lock.packages;
    };
  };
  inherit (importNpmLock) npmConfigHook;
  npmFlags = [ "--offline" ];
  # No package runs a script when it is installed, and packing must not build the app.
  npmRebuildFlags = [ "--ignore-scripts" ];
  npmPackFlags = [ "--ignore-scripts" ];

  buildPhase = ''
    runHook preBuild
    for part in cli worker window; do
      node node_modules/vite/bin/vite.js build --mode "$part"
    done
    runHook postBuild
  '';

  postInstall = ''
    wrapProgram "$out/bin/microvm-orchestrator" --prefix PATH : ${
      lib.makeBinPath (
        [
          git
          nodejs_24
          socat
        ]
        ++ ofHost
      )
    }
  '';

  meta = {
    inherit (manifest) description;
    license = lib.licenses.mit;
    mainProgram = "microvm-orchestrator";
    platforms = [
      "aarch64-darwin"
      "aarch64-linux"
      "x86_64-linux"
    ];
  };
}
