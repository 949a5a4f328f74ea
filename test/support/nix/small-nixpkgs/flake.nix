{
  description = "In place of nixpkgs: as much of its lib as a flake of found tools asks for";

  outputs = _: {
    lib = rec {
      genAttrs =
        names: make:
        builtins.listToAttrs (
          map (name: {
            inherit name;
            value = make name;
          }) names
        );
      splitString =
        separator: text: builtins.filter builtins.isString (builtins.split "[${separator}]" text);
      attrByPath =
        path: default: set:
        if path == [ ] then
          set
        else if builtins.isAttrs set && set ? ${builtins.head path} then
          attrByPath (builtins.tail path) default set.${builtins.head path}
        else
          default;
    };
  };
}
