# Packages by name alone: one that is misspelt is not there. None is ever built.
{ system }:
let
  lib = import ./lib;
  platform = lib.systems.elaborate system;

  # With what it is made of, so that evaluating a package evaluates that.
  package =
    name: extra:
    derivation (
      {
        inherit name system;
        builder = "/bin/sh";
      }
      // lib.filterAttrs (part: _: lib.elem part [ "text" "src" "preBuild" ]) extra
    )
    // {
      meta.mainProgram = name;
      version = "6.12.0";
      out = package name extra;
      override = _: package name extra;
      overrideAttrs = change: package name (extra // change extra);
    }
    // extra;

  written = name: text: package name { inherit text; };

  names = [
    # the guest's
    "bash"
    "curl"
    "docker-compose"
    "file"
    "gcc"
    "git"
    "git-lfs"
    "gnumake"
    "iproute2"
    "jq"
    "less"
    "nix"
    "nodejs"
    "openssh"
    "perl"
    "pkg-config"
    "podman-compose"
    "procps"
    "python3"
    "ripgrep"
    "socat"
    "unzip"
    "util-linux"
    "xz"
    "zstd"
    # the host's
    "vfkit"
    # microvm.nix's
    "alioth"
    "bubblewrap"
    "cloud-hypervisor"
    "coreutils"
    "crosvm"
    "erofs-utils"
    "firecracker"
    "kvmtool"
    "libguestfs"
    "libguestfs-appliance"
    "parted"
    "qemu"
    "qemu_kvm"
    "squashfs-tools-ng"
    "stratovirt"
    "time"
    "virtiofsd"
  ];

  packages = lib.genAttrs names (name: package name { }) // {
    inherit lib system;
    buildPackages = packages;
    pkgs = packages;
    stdenv = {
      hostPlatform = platform;
      buildPlatform = platform;
      targetPlatform = platform;
    };
    # The default is newer than what Rosetta can run on, as in nixpkgs.
    linuxPackages.kernel = package "linux" { version = "6.18.2"; };
    linuxPackages_6_12.kernel = package "linux" { version = "6.12.60"; };
    python3Packages.supervisor = package "supervisor" { };
    fetchurl =
      { url, hash }:
      derivation {
        name = baseNameOf url;
        inherit system;
        builder = "builtin:fetchurl";
        outputHash = hash;
      };
    runCommand =
      name: environment: text:
      package name ({ inherit text; } // lib.optionalAttrs (environment ? src) { inherit (environment) src; });
    runCommandLocal = packages.runCommand;
    writeText = written;
    writeShellScript = written;
    writeShellScriptBin = written;
    writeShellApplication = { name, text, ... }: written name text;
    writers.writePython3 = name: _: written name;
    closureInfo = _: package "closure-info" { };
    writeClosure = _: package "closure" { };
    replaceVars = file: _: written (baseNameOf file) "";
  };
in
packages
