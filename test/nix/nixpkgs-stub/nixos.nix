# The options of NixOS that the guest and microvm.nix set, and no others, with their types: what is misspelt or of the wrong type
# does not evaluate. What they would do is not here.
{
  config,
  lib,
  pkgs,
  ...
}:
let
  inherit (lib) mkOption types;
  option = type: default: mkOption { inherit type default; };
  flag = option types.bool false;
  text = option types.str "";
  lines = option types.lines "";
  texts = option (types.listOf types.str) [ ];
  things = option (types.attrsOf types.anything) { };
  packages = option (types.listOf (types.either types.package types.str)) [ ];
  each = options: option (types.attrsOf (types.submodule { inherit options; })) { };
  unit = {
    enable = option types.bool true;
    description = text;
    wantedBy = texts;
    wants = texts;
    requires = texts;
    before = texts;
    after = texts;
    unitConfig = things;
  };
in
{
  options = {
    assertions = option (types.listOf types.anything) [ ];
    warnings = texts;
    nixpkgs = {
      hostPlatform = mkOption { type = types.str; };
      overlays = option (types.listOf types.raw) [ ];
      config = things;
    };
    boot = {
      kernelParams = texts;
      kernelModules = texts;
      blacklistedKernelModules = texts;
      kernelPackages = option types.raw pkgs.linuxPackages;
      kernel.sysctl = things;
      loader.grub.enable = flag;
      swraid.enable = flag;
      postBootCommands = lines;
      initrd = {
        kernelModules = texts;
        availableKernelModules = texts;
        systemd = {
          enable = flag;
          tpm2.enable = flag;
        };
      };
    };
    documentation.enable = option types.bool true;
    environment = {
      systemPackages = packages;
      etc = each { text = option (types.nullOr types.lines) null; };
    };
    fileSystems = each {
      device = option (types.nullOr types.str) null;
      fsType = option types.str "auto";
      options = texts;
      depends = texts;
      neededForBoot = flag;
      noCheck = flag;
      autoFormat = flag;
      overlay = {
        lowerdir = option (types.nullOr (types.listOf types.str)) null;
        upperdir = option (types.nullOr types.str) null;
        workdir = option (types.nullOr types.str) null;
      };
    };
    networking = {
      hostName = option types.str "nixos";
      hostId = option (types.nullOr types.str) null;
      useDHCP = option types.bool true;
      useNetworkd = flag;
      firewall.enable = option types.bool true;
    };
    nix = {
      enable = option types.bool true;
      package = option types.package pkgs.nix;
      channel.enable = option types.bool true;
      optimise.automatic = flag;
      settings = {
        auto-optimise-store = flag;
        accept-flake-config = flag;
        sandbox = option types.bool true;
        experimental-features = texts;
        trusted-users = texts;
      };
    };
    programs.nix-ld.enable = flag;
    security.virtualisation.flushL1DataCache = option (types.nullOr types.str) null;
    services = {
      openssh.enable = flag;
      timesyncd.enable = option types.bool true;
      chrony = {
        enable = flag;
        extraConfig = lines;
      };
      resolved.enable = flag;
    };
    system = {
      stateVersion = mkOption { type = types.str; };
      build = option (types.lazyAttrsOf types.raw) { };
      switch.enable = option types.bool true;
      nixos.label = text;
      boot.loader = {
        initrdFile = option types.str "initrd";
        kernelFile = option types.str (if pkgs.stdenv.hostPlatform.isAarch64 then "Image" else "bzImage");
      };
    };
    systemd = {
      generators = things;
      mounts = option (types.listOf types.anything) [ ];
      tpm2.enable = flag;
      tmpfiles.rules = texts;
      network = {
        wait-online.enable = option types.bool true;
        networks = each {
          matchConfig = things;
          networkConfig = things;
          dhcpV4Config = things;
        };
      };
      sockets = each unit;
      services = each (
        unit
        // {
          path = packages;
          script = lines;
          environment = option (types.attrsOf types.str) { };
          serviceConfig = things;
        }
      );
    };
    users = {
      mutableUsers = option types.bool true;
      allowNoPasswordLogin = flag;
      groups = each { gid = option (types.nullOr types.int) null; };
      users = each {
        hashedPassword = option (types.nullOr types.str) null;
        isNormalUser = flag;
        uid = option (types.nullOr types.int) null;
        group = text;
        home = option types.path "/var/empty";
        subUidRanges = option (types.listOf (types.attrsOf types.int)) [ ];
        subGidRanges = option (types.listOf (types.attrsOf types.int)) [ ];
      };
    };
    virtualisation = {
      podman = {
        enable = flag;
        dockerCompat = flag;
        defaultNetwork.settings = things;
      };
      containers = {
        storage.settings = things;
        containersConf.settings = things;
      };
      rosetta = {
        enable = flag;
        mountPoint = option types.str "/run/rosetta";
        mountTag = option types.str "rosetta";
      };
    };
  };

  config = {
    _module.args.pkgs = import ./packages.nix { system = config.nixpkgs.hostPlatform; };
    # As NixOS does, which refuses a system that nobody can log in to.
    assertions = [
      {
        assertion =
          config.users.mutableUsers
          || config.users.allowNoPasswordLogin
          || lib.any (user: user.hashedPassword != null && user.hashedPassword != "!") (lib.attrValues config.users.users);
        message = "Neither the root account nor any wheel user has a password or SSH authorized key.";
      }
    ];
    # As it does with the share that Rosetta comes on.
    fileSystems = lib.mkIf config.virtualisation.rosetta.enable {
      ${config.virtualisation.rosetta.mountPoint} = {
        device = config.virtualisation.rosetta.mountTag;
        fsType = "virtiofs";
      };
    };
    system.build =
      let
        broken = map ({ message, ... }: message) (lib.filter ({ assertion, ... }: !assertion) config.assertions);
        # Named by what it is made of, so that every option is looked at.
        system = pkgs.runCommand "nixos-system-${config.networking.hostName}" { } (
          builtins.toJSON {
            inherit (config)
              boot
              environment
              fileSystems
              networking
              nix
              programs
              services
              users
              virtualisation
              ;
            systemd = { inherit (config.systemd) services sockets tmpfiles network mounts; };
          }
        );
      in
      {
        toplevel = if broken == [ ] then builtins.seq (builtins.stringLength system.text) system else throw (lib.concatStringsSep "\n" broken);
        initialRamdisk = pkgs.runCommand "initrd" { } "";
      };
  };
}
